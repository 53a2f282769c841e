// SPDX-License-Identifier: GPL-2.0-only
/*
 * kswarm.c - a crowd of short-lived tasks, each of which leaks a little
 *
 * Every child leaks, under the name and in the number that the arguments say,
 * and is gone before the next one starts: what it allocated outlives it. With
 * --exec each child first becomes a new program, with --threads it is a thread
 * instead. Truth lines: pid, bytes_req, bytes_alloc, tasks, objects, bytes,
 * ready=1. Run by the live tests of targets, of --comm and of inheritance.
 */
#include "stimulus.h"

#include <getopt.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static const char USAGE[] = "usage: kswarm [options] NAME:OBJECTS[:TASKS] ...\n"
			    "  --exec        each child executes a new program first\n"
			    "  --threads     threads, not child processes\n"
			    "  --text BYTES  text of one message (137: kmalloc(185))\n"
			    "  --leave       the objects stay until the parent process has ended\n"
			    "  --truth FILE  truth lines go there\n";

struct task {
	char name[16];
	unsigned long nr, nr_tasks;
	struct queues *q;
};

static void task_parse(struct task *t, const char *text)
{
	t->nr_tasks = 1;
	if (sscanf(text, "%15[^:]:%lu:%lu", t->name, &t->nr, &t->nr_tasks) < 2)
		die("'%s' is not NAME:OBJECTS[:TASKS]", text);
}

static void *task_leak(void *arg)
{
	struct task *t = arg;

	prctl(PR_SET_NAME, t->name);
	queues_send(t->q, t->nr);
	return NULL;
}

/* argv of the program that a child becomes: --one NAME OBJECTS TEXT SENT QUEUE... */
static void task_exec(const struct task *t)
{
	const struct queues *q = t->q;
	char **argv = calloc(q->nr + 7, sizeof(*argv));
	size_t n = 0;

	if (!argv)
		_exit(1);
	argv[n++] = (char *)"kswarm";
	argv[n++] = (char *)"--one";
	argv[n++] = (char *)t->name;
	if (asprintf(&argv[n++], "%lu", t->nr) < 0 ||
	    asprintf(&argv[n++], "%zu", q->text_bytes) < 0 ||
	    asprintf(&argv[n++], "%zu", q->nr_sent) < 0)
		_exit(1);
	for (size_t i = 0; i < q->nr; i++)
		if (asprintf(&argv[n++], "%d", q->id[i]) < 0)
			_exit(1);
	execv("/proc/self/exe", argv);
	_exit(1);
}

static int one(int argc, char **argv)
{
	struct queues q = { .nr = argc - 6 };
	struct task t = { .q = &q };

	if (argc < 7)
		return 2;
	snprintf(t.name, sizeof(t.name), "%s", argv[2]);
	t.nr = number(argv[3]);
	q.text_bytes = number(argv[4]);
	q.nr_sent = number(argv[5]);
	q.per_queue = queue_max_bytes() / q.text_bytes;
	q.id = calloc(q.nr, sizeof(*q.id));
	if (!q.id)
		return 1;
	for (size_t i = 0; i < q.nr; i++)
		q.id[i] = number(argv[6 + i]);
	task_leak(&t);
	return 0;
}

static void task_run(struct task *t, bool threads, bool exec)
{
	pthread_t thread;
	int status;
	pid_t pid;

	if (threads) {
		if (pthread_create(&thread, NULL, task_leak, t))
			die("pthread_create failed");
		pthread_join(thread, NULL);
		return;
	}
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		if (exec)
			task_exec(t);
		task_leak(t);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) < 0 || status)
		die("a child failed");
	t->q->nr_sent += t->nr;
}

int main(int argc, char **argv)
{
	static const struct option LONG[] = {
		{ "exec", 0, NULL, 'e' },  { "threads", 0, NULL, 't' }, { "text", 1, NULL, 'b' },
		{ "leave", 0, NULL, 'L' }, { "truth", 1, NULL, 'o' },	{ NULL, 0, NULL, 0 },
	};
	unsigned long text_bytes = 137, nr_objects = 0, nr_tasks = 0;
	bool exec = false, threads = false, leave = false;
	struct queues q;
	size_t bucket;
	int c;

	if (argc > 1 && !strcmp(argv[1], "--one"))
		finish(one(argc, argv));
	while ((c = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
		switch (c) {
		case 'e':
			exec = true;
			break;
		case 't':
			threads = true;
			break;
		case 'b':
			text_bytes = number(optarg);
			break;
		case 'L':
			leave = true;
			break;
		case 'o':
			truth_to(optarg);
			break;
		default:
			fputs(USAGE, stderr);
			return 2;
		}
	}
	for (int i = optind; i < argc; i++) {
		struct task t;

		task_parse(&t, argv[i]);
		nr_objects += t.nr * t.nr_tasks;
		nr_tasks += t.nr_tasks;
	}
	if (!nr_tasks) {
		fputs(USAGE, stderr);
		return 2;
	}
	queues_init(&q, nr_objects, text_bytes);
	janitor_start(&q, 1, leave, NULL);
	truth("pid", getpid());
	for (int i = optind; i < argc; i++) {
		struct task t = { .q = &q };

		task_parse(&t, argv[i]);
		for (unsigned long j = 0; j < t.nr_tasks; j++)
			task_run(&t, threads, exec);
	}
	bucket = kmalloc_bucket(text_bytes + MSG_HEADER_BYTES);
	truth("bytes_req", text_bytes + MSG_HEADER_BYTES);
	truth("bytes_alloc", bucket);
	truth("tasks", nr_tasks);
	truth("objects", nr_objects);
	truth("bytes", nr_objects * bucket);
	truth("ready", 1);
	if (!leave)
		queues_remove(&q);
	finish(0);
}
