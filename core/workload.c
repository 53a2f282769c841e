// SPDX-License-Identifier: GPL-2.0-only
/*
 * workload.c - the command that is traced
 *
 * The child waits on a pipe: a byte means go, its end means that mwprof gave up
 * or died, and then the command is never run. A second pipe, closed by a
 * successful exec, carries the errno of a failed one. Owned by the session.
 */
#include "core/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "mwprof/log.h"

/* How long the command may take to end when it is asked to. */
#define PATIENCE_MS 2000

static void child_run(int go_fd, int failed_fd, char **argv)
{
	sigset_t none;
	char go;
	int err;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (read(go_fd, &go, 1) == 1) {
		execvp(argv[0], argv);
		err = errno;
		if (write(failed_fd, &err, sizeof(err)) < 0)
			err = EIO; /* nobody is left to be told */
	}
	/* The one _exit() outside main.c: this is a copy of mwprof, nothing of it may run twice. */
	_exit(127);
}

int workload_start(struct workload *w, char **argv)
{
	int go[2], failed[2];
	pid_t pid;

	*w = (struct workload){ .release_fd = -1, .failed_fd = -1 };
	/* Who started us may have ignored it, and then no child leaves a status. */
	signal(SIGCHLD, SIG_DFL);
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(failed, O_CLOEXEC)) {
		int err = -errno;

		close(go[0]);
		close(go[1]);
		return err;
	}
	pid = fork();
	if (!pid) {
		close(go[1]);
		close(failed[0]);
		child_run(go[0], failed[1], argv);
	}
	close(go[0]);
	close(failed[1]);
	w->release_fd = go[1];
	w->failed_fd = failed[0];
	if (pid < 0) {
		int err = -errno;

		workload_end(w);
		return err;
	}
	w->pid = pid;
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int workload_release(struct workload *w, const char *name)
{
	int failed = 0;
	ssize_t n;

	if (write(w->release_fd, "", 1) != 1)
		failed = errno;
	close_fd(&w->release_fd);
	do
		n = read(w->failed_fd, &failed, sizeof(failed));
	while (n < 0 && errno == EINTR);
	close_fd(&w->failed_fd);
	if (!failed)
		return 0;
	log_error("cannot run '%s': %s", name, strerror(failed));
	waitpid(w->pid, NULL, 0);
	w->ended = true;
	w->failed_to_run = true;
	w->status = (failed == ENOENT ? 127 : 126) << 8;
	return -failed;
}

/* Nobody's child (ECHILD) has ended as well, with a status that nobody knows: 0. */
bool workload_ended(struct workload *w)
{
	pid_t pid;

	if (!w->pid || w->ended)
		return w->ended;
	pid = waitpid(w->pid, &w->status, WNOHANG);
	w->ended = pid == w->pid || (pid < 0 && errno == ECHILD);
	return w->ended;
}

void workload_end(struct workload *w)
{
	close_fd(&w->release_fd);
	close_fd(&w->failed_fd);
	if (!w->pid || workload_ended(w))
		return;
	kill(w->pid, SIGTERM);
	kill(w->pid, SIGCONT);
	for (unsigned int ms = 0; ms < PATIENCE_MS && !workload_ended(w); ms += 10)
		usleep(10000);
	if (w->ended)
		return;
	log_warning("process %d, the command, goes on after SIGTERM: it is left running", w->pid);
	w->pid = 0;
}

int workload_exit_code(const struct workload *w)
{
	if (WIFSIGNALED(w->status))
		return 128 + WTERMSIG(w->status);
	return WEXITSTATUS(w->status);
}
