// SPDX-License-Identifier: GPL-2.0-only
/*
 * kcross.c - objects allocated on one CPU and freed on another
 *
 * A thread on one CPU sends messages, a thread on the other takes them: the
 * kmalloc() happens here, its kfree() there, often within the same microsecond.
 * --leak N leaves N objects over. Truth lines: pid, bytes_req, bytes_alloc,
 * pairs, objects, alloc_cpu, free_cpu, ready=1. Ends with status 77 where there
 * is no second CPU. Run by the live tests of order.
 */
#include "stimulus.h"

#include <getopt.h>
#include <pthread.h>

static const char USAGE[] = "usage: kcross [options] PAIRS\n"
			    "  --cpus A,B    allocate on A, free on B (0,1)\n"
			    "  --text BYTES  text of one message (131: kmalloc(179))\n"
			    "  --leak N      N objects more, that stay\n"
			    "  --leave       they stay until the parent process has ended\n"
			    "  --truth FILE  truth lines go there\n";

struct options {
	unsigned long nr, text_bytes, nr_leaked;
	unsigned int alloc_cpu, free_cpu;
	bool leave;
	int queue;
};

static void *receive_all(void *arg)
{
	const struct options *opt = arg;
	struct message m;

	pin_to_cpu(opt->free_cpu);
	for (unsigned long i = 0; i < opt->nr; i++)
		if (msgrcv(opt->queue, &m, sizeof(m.text), 0, 0) < 0)
			die("msgrcv: %s", strerror(errno));
	return NULL;
}

static void send_all(const struct options *opt)
{
	struct message m = { .type = 1 };

	pin_to_cpu(opt->alloc_cpu);
	for (unsigned long i = 0; i < opt->nr; i++)
		if (msgsnd(opt->queue, &m, opt->text_bytes, 0))
			die("msgsnd: %s", strerror(errno));
}

static void options_read(struct options *opt, int argc, char **argv)
{
	static const struct option LONG[] = {
		{ "cpus", 1, NULL, 'c' },  { "text", 1, NULL, 't' },  { "leak", 1, NULL, 'l' },
		{ "leave", 0, NULL, 'L' }, { "truth", 1, NULL, 'o' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
		switch (c) {
		case 'c':
			if (sscanf(optarg, "%u,%u", &opt->alloc_cpu, &opt->free_cpu) != 2)
				die("'%s' is not A,B", optarg);
			break;
		case 't':
			opt->text_bytes = number(optarg);
			break;
		case 'l':
			opt->nr_leaked = number(optarg);
			break;
		case 'L':
			opt->leave = true;
			break;
		case 'o':
			truth_to(optarg);
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
}

int main(int argc, char **argv)
{
	struct options opt = { .text_bytes = 131, .free_cpu = 1 };
	struct queues q[2]; /* one for the pairs, those for the leaked */
	size_t bytes_req;
	pthread_t receiver;

	options_read(&opt, argc, argv);
	bytes_req = opt.text_bytes + MSG_HEADER_BYTES;
	queues_init(&q[0], 1, opt.text_bytes);
	queues_init(&q[1], opt.nr_leaked, opt.text_bytes);
	opt.queue = q[0].id[0];
	janitor_start(q, 2, opt.leave, NULL);
	truth("pid", getpid());
	if (pthread_create(&receiver, NULL, receive_all, &opt))
		die("pthread_create failed");
	send_all(&opt);
	pthread_join(receiver, NULL);
	queues_send(&q[1], opt.nr_leaked);
	truth("bytes_req", bytes_req);
	truth("bytes_alloc", kmalloc_bucket(bytes_req));
	truth("pairs", opt.nr);
	truth("objects", opt.nr_leaked);
	truth("alloc_cpu", opt.alloc_cpu);
	truth("free_cpu", opt.free_cpu);
	truth("ready", 1);
	if (!opt.leave) {
		queues_remove(&q[0]);
		queues_remove(&q[1]);
	}
	finish(0);
}
