// SPDX-License-Identifier: GPL-2.0-only
/*
 * workload.c - the traced command: held, let go, ended, and what its status says
 */
#include <signal.h>
#include <sys/wait.h>
#include "core/workload.h"
#include "tests/unit/engine_test.h"

/* Nobody waits for ever, and nothing is left. */
static void wait_for_end(struct workload *w)
{
	for (unsigned int i = 0; i < 10000 && !workload_ended(w); i++)
		usleep(1000);
	assert_true(workload_ended(w));
	assert_int_equal(waitpid(w->pid, NULL, WNOHANG), -1);
}

static int status_of(const char *script)
{
	char *argv[] = { "sh", "-c", (char *)script, NULL };
	struct workload w;

	assert_int_equal(workload_start(&w, argv), 0);
	assert_int_equal(workload_release(&w, argv[0]), 0);
	wait_for_end(&w);
	workload_end(&w);
	workload_end(&w);
	return workload_exit_code(&w);
}

static void it_is_held_until_it_is_released(void **state)
{
	char path[] = "/tmp/workload-XXXXXX";
	int fd = mkstemp(path);
	char *argv[] = { "rm", path, NULL };
	struct workload w;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(workload_start(&w, argv), 0);
	assert_true(w.pid > 0);
	usleep(50000);
	assert_false(workload_ended(&w));
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(workload_release(&w, argv[0]), 0);
	wait_for_end(&w);
	assert_int_equal(workload_exit_code(&w), 0);
	assert_int_equal(access(path, F_OK), -1);
	workload_end(&w);
}

static void its_exit_status_is_that_of_a_shell(void **state)
{
	(void)state;
	assert_int_equal(status_of("exit 0"), 0);
	assert_int_equal(status_of("exit 7"), 7);
	assert_int_equal(status_of("exit 255"), 255);
	assert_int_equal(status_of("kill -9 $$"), 128 + SIGKILL);
	assert_int_equal(status_of("kill -TERM $$"), 128 + SIGTERM);
}

static void cannot_run(const char *path, int err, int status)
{
	char *argv[] = { (char *)path, NULL };
	struct heard heard;
	struct workload w;

	assert_int_equal(workload_start(&w, argv), 0);
	hear(&heard);
	assert_int_equal(workload_release(&w, path), -err);
	hear_end(&heard);
	assert_non_null(strstr(heard.text, path));
	assert_non_null(strstr(heard.text, strerror(err)));
	assert_true(w.ended && w.failed_to_run);
	assert_int_equal(workload_exit_code(&w), status);
	assert_int_equal(waitpid(w.pid, NULL, WNOHANG), -1);
	workload_end(&w);
}

static void a_command_that_cannot_run_says_so_and_gives_the_status_of_a_shell(void **state)
{
	char path[] = "/tmp/workload-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	cannot_run("/no/such/command", ENOENT, 127);
	cannot_run("no-such-command-anywhere", ENOENT, 127);
	cannot_run(path, EACCES, 126); /* not executable */
	cannot_run("/tmp", EACCES, 126);
	unlink(path);
}

static void one_that_is_given_up_before_its_release_never_runs(void **state)
{
	char path[] = "/tmp/workload-XXXXXX";
	int fd = mkstemp(path);
	char *argv[] = { "rm", path, NULL };
	struct workload w;

	(void)state;
	close(fd);
	assert_int_equal(workload_start(&w, argv), 0);
	workload_end(&w);
	assert_true(w.ended);
	assert_int_equal(waitpid(w.pid, NULL, WNOHANG), -1);
	assert_int_equal(access(path, F_OK), 0);
	workload_end(&w);
	unlink(path);
}

static void one_that_still_runs_is_told_to_end(void **state)
{
	char *argv[] = { "sleep", "1000", NULL };
	struct workload w;

	(void)state;
	assert_int_equal(workload_start(&w, argv), 0);
	assert_int_equal(workload_release(&w, argv[0]), 0);
	assert_false(workload_ended(&w));
	workload_end(&w);
	assert_true(w.ended);
	assert_int_equal(workload_exit_code(&w), 128 + SIGTERM);
	assert_int_equal(kill(w.pid, 0), -1);
}

/* mwprof blocks what it reads from a signalfd and ignores SIGPIPE: neither is the command's matter. */
static void it_has_the_signals_of_a_fresh_program(void **state)
{
	sigset_t set, before;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &before);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(status_of("kill -TERM $$; exit 3"), 128 + SIGTERM);
	assert_int_equal(status_of("kill -USR1 $$; exit 3"), 128 + SIGUSR1);
	assert_int_equal(status_of("kill -PIPE $$; exit 3"), 128 + SIGPIPE);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void its_end_is_seen_though_sigchld_was_ignored(void **state)
{
	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(status_of("exit 7"), 7);
}

static void one_that_another_has_waited_for_has_ended(void **state)
{
	char *argv[] = { "true", NULL };
	struct workload w;

	(void)state;
	assert_int_equal(workload_start(&w, argv), 0);
	assert_int_equal(workload_release(&w, argv[0]), 0);
	assert_int_equal(waitpid(w.pid, NULL, 0), w.pid);
	assert_true(workload_ended(&w));
	workload_end(&w);
}

static void it_inherits_no_file_of_ours(void **state)
{
	const char *count = "exit $(ls /proc/$$/fd | wc -l)";
	int without_us = system(count);

	(void)state;
	assert_true(WIFEXITED(without_us) && WEXITSTATUS(without_us) >= 3);
	assert_int_equal(status_of(count), WEXITSTATUS(without_us));
}

static void none_has_not_ended_and_is_nothing_to_end(void **state)
{
	struct workload none = { .release_fd = -1, .failed_fd = -1 };

	(void)state;
	assert_false(workload_ended(&none));
	workload_end(&none);
	assert_int_equal(workload_exit_code(&none), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_held_until_it_is_released),
		cmocka_unit_test(its_exit_status_is_that_of_a_shell),
		cmocka_unit_test(a_command_that_cannot_run_says_so_and_gives_the_status_of_a_shell),
		cmocka_unit_test(one_that_is_given_up_before_its_release_never_runs),
		cmocka_unit_test(one_that_still_runs_is_told_to_end),
		cmocka_unit_test(it_has_the_signals_of_a_fresh_program),
		cmocka_unit_test(its_end_is_seen_though_sigchld_was_ignored),
		cmocka_unit_test(one_that_another_has_waited_for_has_ended),
		cmocka_unit_test(it_inherits_no_file_of_ours),
		cmocka_unit_test(none_has_not_ended_and_is_nothing_to_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
