/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_STIMULUS_H
#define MWPROF_STIMULUS_H

/*
 * What the stimulus programs share: truth lines ("key=value" on stdout or in a
 * file), kernel objects held by message queues, and a janitor that frees them
 * whatever happens to the program.
 *
 * One queued message of up to 4048 bytes is exactly one kmalloc() of 48 bytes
 * more than its text (struct msg_msg stands before it), and taking it off the
 * queue is exactly one kfree() of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MSG_HEADER_BYTES 48
#define MSG_TEXT_MAX (4096 - MSG_HEADER_BYTES)
#define EXIT_CANNOT 77 /* this machine cannot do it: a test skips */

static inline __attribute__((noreturn, format(printf, 1, 2))) void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fprintf(stderr, "stimulus: ");
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(1);
}

/* Ends without exit handlers: nothing is freed on the way, and a leak checker need not say so. */
static inline __attribute__((noreturn)) void finish(int status)
{
	fflush(NULL);
	_exit(status);
}

static inline unsigned long number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end)
		die("'%s' is no number", text);
	return n;
}

/*
 * Truth goes to the file that truth_to() named, else to PROGRAM.truth in the
 * directory that $TRUTH_DIR names, else to stdout; each line at once.
 */
static FILE *truth_file;

static inline void truth_to(const char *path)
{
	truth_file = fopen(path, "we");
	if (!truth_file)
		die("%s: %s", path, strerror(errno));
}

static inline void truth(const char *key, unsigned long value)
{
	const char *dir = getenv("TRUTH_DIR");
	char path[4096];

	if (!truth_file && dir) {
		snprintf(path, sizeof(path), "%s/%s.truth", dir, program_invocation_short_name);
		truth_to(path);
	}
	if (!truth_file)
		truth_file = stdout;
	fprintf(truth_file, "%s=%lu\n", key, value);
	fflush(truth_file);
}

/* Size of the slab object that serves a kmalloc() of @bytes on 64-bit machines. */
static inline size_t kmalloc_bucket(size_t bytes)
{
	size_t bucket = 8;

	while (bucket < bytes)
		bucket <<= 1;
	if (bytes > 64 && bytes <= 96)
		return 96;
	if (bytes > 128 && bytes <= 192)
		return 192;
	return bucket;
}

static inline unsigned long clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000UL + t.tv_nsec;
}

/* The calling thread only. An absent or offline CPU ends the program with EXIT_CANNOT. */
static inline void pin_to_cpu(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		fprintf(stderr, "stimulus: cpu %u: %s\n", cpu, strerror(errno));
		exit(EXIT_CANNOT);
	}
}

struct message {
	long type;
	char text[MSG_TEXT_MAX];
};

/* A row of queues that hold messages of one size, filled one after the other. */
struct queues {
	int *id; /* owned */
	size_t nr, per_queue, text_bytes;
	size_t nr_sent, nr_received;
};

static inline size_t queue_max_bytes(void)
{
	size_t bytes = 16384;
	FILE *f = fopen("/proc/sys/kernel/msgmnb", "re");

	if (f) {
		if (fscanf(f, "%zu", &bytes) != 1)
			bytes = 16384;
		fclose(f);
	}
	return bytes;
}

/* Room for @nr_messages of @text_bytes (1..MSG_TEXT_MAX) each. */
static inline void queues_init(struct queues *q, size_t nr_messages, size_t text_bytes)
{
	if (!text_bytes || text_bytes > MSG_TEXT_MAX)
		die("text of 1 to %d bytes, please", MSG_TEXT_MAX);
	q->text_bytes = text_bytes;
	q->per_queue = queue_max_bytes() / text_bytes;
	q->nr = (nr_messages + q->per_queue - 1) / q->per_queue;
	q->nr_sent = q->nr_received = 0;
	q->id = calloc(q->nr + 1, sizeof(*q->id));
	if (!q->id)
		die("out of memory");
	for (size_t i = 0; i < q->nr; i++) {
		q->id[i] = msgget(IPC_PRIVATE, 0600 | IPC_CREAT);
		if (q->id[i] < 0)
			die("msgget: %s", strerror(errno));
	}
}

static inline void queues_send(struct queues *q, size_t nr)
{
	struct message m = { .type = 1 };

	for (size_t i = 0; i < nr; i++, q->nr_sent++)
		if (msgsnd(q->id[q->nr_sent / q->per_queue], &m, q->text_bytes, IPC_NOWAIT))
			die("msgsnd: %s", strerror(errno));
}

static inline void queues_receive(struct queues *q, size_t nr)
{
	struct message m;

	for (size_t i = 0; i < nr; i++, q->nr_received++)
		if (msgrcv(q->id[q->nr_received / q->per_queue], &m, sizeof(m.text), 0,
			   IPC_NOWAIT) < 0)
			die("msgrcv: %s", strerror(errno));
}

static inline void queues_remove(struct queues *q)
{
	for (size_t i = 0; i < q->nr; i++)
		msgctl(q->id[i], IPC_RMID, NULL);
}

/*
 * POSIX queues without names: their messages live as long as somebody has them
 * open. Small ones, because a bigger one than msg_max needs CAP_SYS_RESOURCE.
 */
struct mqs {
	mqd_t *mq; /* owned */
	size_t nr, per_mq, nr_sent;
};

static inline size_t mq_max_messages(void)
{
	size_t nr = 10;
	FILE *f = fopen("/proc/sys/fs/mqueue/msg_max", "re");

	if (f) {
		if (fscanf(f, "%zu", &nr) != 1)
			nr = 10;
		fclose(f);
	}
	return nr;
}

static inline void mqs_init(struct mqs *m, size_t nr_messages, size_t text_bytes)
{
	struct mq_attr attr = { .mq_msgsize = text_bytes };
	char name[48];

	m->per_mq = attr.mq_maxmsg = mq_max_messages();
	m->nr = (nr_messages + m->per_mq - 1) / m->per_mq;
	m->nr_sent = 0;
	m->mq = calloc(m->nr, sizeof(*m->mq));
	if (!m->mq)
		die("out of memory");
	for (size_t i = 0; i < m->nr; i++) {
		snprintf(name, sizeof(name), "/stimulus-%d-%zu", getpid(), i);
		m->mq[i] = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attr);
		if (m->mq[i] < 0) {
			fprintf(stderr, "stimulus: mq_open: %s\n", strerror(errno));
			exit(EXIT_CANNOT);
		}
		mq_unlink(name);
	}
}

static inline void mqs_send(struct mqs *m, size_t nr, size_t text_bytes)
{
	static const char text[MSG_TEXT_MAX];

	for (size_t i = 0; i < nr; i++, m->nr_sent++)
		if (mq_send(m->mq[m->nr_sent / m->per_mq], text, text_bytes, 0))
			die("mq_send: %s", strerror(errno));
}

static inline void mqs_receive_all(struct mqs *m)
{
	static char text[MSG_TEXT_MAX];

	for (; m->nr_sent; m->nr_sent--)
		if (mq_receive(m->mq[(m->nr_sent - 1) / m->per_mq], text, sizeof(text), NULL) < 0)
			die("mq_receive: %s", strerror(errno));
}

static inline bool mqs_have(const struct mqs *m, int fd)
{
	for (size_t i = 0; m && i < m->nr; i++)
		if (m->mq[i] == fd)
			return true;
	return false;
}

static inline void wait_for_end_of(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		;
}

/*
 * Forks a process that removes @q's queues when this program has ended, killed
 * or not; with @leave only when this program's parent has ended too, so that a
 * tracer that runs us as its command still sees the objects. It holds no
 * descriptor of ours but @mqs (NULL: none).
 */
static inline void janitor_start(struct queues *q, size_t nr, bool leave, const struct mqs *mqs)
{
	int self = syscall(SYS_pidfd_open, getpid(), 0);
	int parent = syscall(SYS_pidfd_open, getppid(), 0);
	pid_t pid;
	sigset_t all;

	if (self < 0 || parent < 0)
		die("pidfd_open: %s", strerror(errno));
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid) {
		close(self);
		close(parent);
		return;
	}
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	for (int fd = 0; fd < 1024; fd++)
		if (fd != self && fd != parent && !mqs_have(mqs, fd))
			close(fd);
	wait_for_end_of(self);
	if (leave)
		wait_for_end_of(parent);
	for (size_t i = 0; i < nr; i++)
		queues_remove(&q[i]);
	_exit(0);
}

#endif
