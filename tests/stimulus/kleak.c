// SPDX-License-Identifier: GPL-2.0-only
/*
 * kleak.c - leaks a known number of kernel objects and says so
 *
 * Each object is one kmalloc() in alloc_msg(), held by a message queue; see
 * stimulus.h. The objects are gone when the program has ended (or, with
 * --leave, when the process that started it has ended). Truth lines: pid, tid
 * (one per thread), waiting=1 (--wait), bytes_req, bytes_alloc, objects, bytes (objects *
 * bytes_alloc), allocs, frees, and ready=1 when all of that has happened.
 * SIGUSR1 starts it under --wait, and afterwards frees every object; SIGTERM
 * and SIGINT end it in good order. Run by the live tests and the demo.
 */
#include "stimulus.h"

#include <getopt.h>
#include <pthread.h>
#include <sys/wait.h>

enum path { PATH_MSGSND, PATH_MQ, PATH_BOTH };

struct options {
	unsigned long nr, text_bytes, churn, rounds, every_ms, hold_s;
	unsigned long nr_threads, nr_children;
	enum path path;
	bool leave, drop, free_half, wait, late, hold_forever;
	int status;
};

struct worker {
	const struct options *opt;
	struct queues held, churn;
	pthread_t thread;
	pid_t pid;
	pthread_barrier_t *barrier;
};

static const char USAGE[] =
	"usage: kleak [options] OBJECTS\n"
	"  --text BYTES      text of one message (129: kmalloc(177), a 192 byte object)\n"
	"  --churn PAIRS     balanced pairs of the same size before each object\n"
	"  --free-half       free half of the objects again\n"
	"  --path msgsnd|mq|both   the way into the kernel; both: OBJECTS on each\n"
	"  --threads N       N threads leak OBJECTS each\n"
	"  --children N      N child processes leak OBJECTS each\n"
	"  --late            with --wait: start threads only after the signal\n"
	"  --rounds N        leak OBJECTS N times ...\n"
	"  --every MS        ... with this pause between\n"
	"  --wait            start at SIGUSR1\n"
	"  --hold SEC        hold for this long (default: until SIGTERM)\n"
	"  --leave           end at once, objects stay until the parent process has ended\n"
	"  --drop            free all and end\n"
	"  --status N        exit with status N\n"
	"  --truth FILE      truth lines go there\n";

static void churn(struct worker *w)
{
	queues_send(&w->churn, 1);
	queues_receive(&w->churn, 1);
	w->churn.nr_sent = w->churn.nr_received = 0;
}

static void worker_leak(struct worker *w)
{
	for (unsigned long i = 0; i < w->opt->nr; i++) {
		for (unsigned long j = 0; j < w->opt->churn; j++)
			churn(w);
		queues_send(&w->held, 1);
	}
	if (w->opt->free_half)
		queues_receive(&w->held, w->opt->nr / 2);
}

static void *worker_thread(void *arg)
{
	struct worker *w = arg;

	truth("tid", syscall(SYS_gettid));
	pthread_barrier_wait(w->barrier); /* all are there */
	pthread_barrier_wait(w->barrier); /* go */
	worker_leak(w);
	return NULL;
}

static void threads_start(struct worker *workers, unsigned long nr, pthread_barrier_t *barrier)
{
	for (unsigned long i = 0; i < nr; i++) {
		workers[i].barrier = barrier;
		if (pthread_create(&workers[i].thread, NULL, worker_thread, &workers[i]))
			die("pthread_create failed");
	}
	pthread_barrier_wait(barrier);
}

static void threads_go(struct worker *workers, unsigned long nr, pthread_barrier_t *barrier)
{
	pthread_barrier_wait(barrier);
	for (unsigned long i = 0; i < nr; i++)
		pthread_join(workers[i].thread, NULL);
}

static void children_run(struct worker *workers, unsigned long nr)
{
	int status;

	fflush(NULL);
	for (unsigned long i = 0; i < nr; i++) {
		workers[i].pid = fork();
		if (workers[i].pid < 0)
			die("fork: %s", strerror(errno));
		if (!workers[i].pid) {
			worker_leak(&workers[i]);
			_exit(0);
		}
	}
	for (unsigned long i = 0; i < nr; i++) {
		if (waitpid(workers[i].pid, &status, 0) < 0 || status)
			die("a child failed");
		workers[i].held.nr_sent += workers[i].opt->nr;
	}
}

/* The next signal, or 0 after @ms (ULONG_MAX: never). */
static int signal_wait(unsigned long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	do {
		sig = sigtimedwait(&set, NULL, ms == -1UL ? NULL : &t);
	} while (sig < 0 && errno == EINTR);
	return sig < 0 ? 0 : sig;
}

static void signals_block(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void options_read(struct options *opt, int argc, char **argv)
{
	static const struct option LONG[] = {
		{ "text", 1, NULL, 't' },      { "churn", 1, NULL, 'c' },
		{ "free-half", 0, NULL, 'f' }, { "path", 1, NULL, 'p' },
		{ "threads", 1, NULL, 'T' },   { "children", 1, NULL, 'C' },
		{ "late", 0, NULL, 'l' },      { "rounds", 1, NULL, 'r' },
		{ "every", 1, NULL, 'e' },     { "wait", 0, NULL, 'w' },
		{ "hold", 1, NULL, 'h' },      { "leave", 0, NULL, 'L' },
		{ "drop", 0, NULL, 'd' },      { "status", 1, NULL, 's' },
		{ "truth", 1, NULL, 'o' },     { NULL, 0, NULL, 0 },
	};
	static const char *const PATHS[] = { "msgsnd", "mq", "both" };
	int c;

	while ((c = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
		switch (c) {
		case 't':
			opt->text_bytes = number(optarg);
			break;
		case 'c':
			opt->churn = number(optarg);
			break;
		case 'f':
			opt->free_half = true;
			break;
		case 'T':
			opt->nr_threads = number(optarg);
			break;
		case 'C':
			opt->nr_children = number(optarg);
			break;
		case 'l':
			opt->late = true;
			break;
		case 'r':
			opt->rounds = number(optarg);
			break;
		case 'e':
			opt->every_ms = number(optarg);
			break;
		case 'w':
			opt->wait = true;
			break;
		case 'h':
			opt->hold_s = number(optarg), opt->hold_forever = false;
			break;
		case 'L':
			opt->leave = true;
			break;
		case 'd':
			opt->drop = true;
			break;
		case 's':
			opt->status = number(optarg);
			break;
		case 'o':
			truth_to(optarg);
			break;
		case 'p':
			for (opt->path = 0; strcmp(PATHS[opt->path], optarg); opt->path++)
				if (opt->path == PATH_BOTH)
					die("no path '%s'", optarg);
			break;
		default:
			fputs(USAGE, stderr);
			exit(2);
		}
	}
	if (optind + 1 != argc) {
		fputs(USAGE, stderr);
		exit(2);
	}
	opt->nr = number(argv[optind]);
	if (opt->path != PATH_MSGSND && (opt->nr_threads || opt->nr_children || opt->free_half))
		die("only msgsnd has threads, children and --free-half");
}

static void truth_tell(const struct options *opt, unsigned long nr_workers)
{
	unsigned long msgsnd = opt->path == PATH_MQ ? 0 : opt->nr * nr_workers * opt->rounds;
	unsigned long mq = opt->path == PATH_MSGSND ? 0 : opt->nr * opt->rounds;
	unsigned long halved = opt->free_half ? opt->nr / 2 * nr_workers * opt->rounds : 0;
	unsigned long churned = msgsnd * opt->churn;
	unsigned long objects = opt->drop ? 0 : msgsnd + mq - halved;
	size_t bytes_req = opt->text_bytes + MSG_HEADER_BYTES;

	truth("bytes_req", bytes_req);
	truth("bytes_alloc", kmalloc_bucket(bytes_req));
	truth("objects", objects);
	truth("bytes", objects * kmalloc_bucket(bytes_req));
	truth("allocs", msgsnd + mq + churned);
	truth("frees", msgsnd + mq + churned - objects);
	truth("ready", 1);
}

static void drop_all(struct worker *workers, unsigned long nr, struct mqs *mqs)
{
	for (unsigned long i = 0; i < nr; i++)
		queues_receive(&workers[i].held,
			       workers[i].held.nr_sent - workers[i].held.nr_received);
	mqs_receive_all(mqs);
}

static void rounds_run(const struct options *opt, struct worker *workers, unsigned long nr,
		       pthread_barrier_t *barrier, struct mqs *mqs)
{
	for (unsigned long i = 0; i < opt->rounds; i++) {
		if (i && opt->every_ms && signal_wait(opt->every_ms))
			finish(opt->status); /* the janitor frees */
		if (opt->nr_threads) {
			if (i || opt->late)
				threads_start(workers, nr, barrier);
			threads_go(workers, nr, barrier);
		} else if (opt->nr_children) {
			children_run(workers, nr);
		} else if (opt->path != PATH_MQ) {
			worker_leak(workers);
		}
		if (opt->path != PATH_MSGSND)
			mqs_send(mqs, opt->nr, opt->text_bytes);
	}
}

int main(int argc, char **argv)
{
	struct options opt = { .text_bytes = 129, .rounds = 1, .hold_forever = true };
	unsigned long nr_workers;
	pthread_barrier_t barrier;
	struct worker *workers;
	struct queues *all;
	struct mqs mqs = { 0 };

	signals_block();
	options_read(&opt, argc, argv);
	nr_workers = opt.nr_threads ? opt.nr_threads : opt.nr_children ? opt.nr_children : 1;
	workers = calloc(nr_workers, sizeof(*workers));
	all = calloc(2 * nr_workers, sizeof(*all));
	if (!workers || !all)
		die("out of memory");
	if (opt.path != PATH_MSGSND)
		mqs_init(&mqs, opt.nr * opt.rounds, opt.text_bytes);
	for (unsigned long i = 0; i < nr_workers; i++) {
		workers[i].opt = &opt;
		queues_init(&workers[i].held, opt.nr * opt.rounds, opt.text_bytes);
		queues_init(&workers[i].churn, 1, opt.text_bytes);
		all[2 * i] = workers[i].held;
		all[2 * i + 1] = workers[i].churn;
	}
	janitor_start(all, 2 * nr_workers, opt.leave, &mqs);

	truth("pid", getpid()); /* opens the file before threads can */
	pthread_barrier_init(&barrier, NULL, nr_workers + 1);
	if (opt.nr_threads && !opt.late)
		threads_start(workers, nr_workers, &barrier);
	if (opt.wait) {
		truth("waiting", 1);
		if (signal_wait(-1UL) != SIGUSR1)
			finish(opt.status);
	}
	rounds_run(&opt, workers, nr_workers, &barrier, &mqs);
	if (opt.drop)
		drop_all(workers, nr_workers, &mqs);
	truth_tell(&opt, nr_workers);
	if (opt.drop || opt.leave)
		finish(opt.status);
	while (signal_wait(opt.hold_forever ? -1UL : opt.hold_s * 1000) == SIGUSR1) {
		drop_all(workers, nr_workers, &mqs);
		truth("dropped", 1);
	}
	for (unsigned long i = 0; i < 2 * nr_workers; i++)
		queues_remove(&all[i]);
	finish(opt.status);
}
