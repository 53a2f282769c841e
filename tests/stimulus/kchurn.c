// SPDX-License-Identifier: GPL-2.0-only
/*
 * kchurn.c - balanced kmalloc/kfree pairs, as many and as fast as asked for
 *
 * writev() with nine pieces (more than the eight that fit on the kernel's
 * stack) is one kmalloc() of 144 bytes and one kfree() of it, and to /dev/null
 * it is little else. Truth lines: pid, waiting=1 (--wait), then bytes_req, bytes_alloc, pairs, ns
 * (all of it), ns_per_pair. Run by the live tests and the benchmarks.
 */
#include "stimulus.h"

#include <fcntl.h>
#include <getopt.h>
#include <sys/uio.h>

#define NR_PIECES 9

static const char USAGE[] = "usage: kchurn [options] PAIRS\n"
			    "  --rate N     pairs per second at most\n"
			    "  --cpu N      on this CPU\n"
			    "  --wait       start at SIGUSR1\n"
			    "  --status N   exit with status N\n"
			    "  --truth FILE truth lines go there\n";

struct options {
	unsigned long nr, rate;
	long cpu;
	bool wait;
	int status;
};

static void options_read(struct options *opt, int argc, char **argv)
{
	static const struct option LONG[] = {
		{ "rate", 1, NULL, 'r' },   { "cpu", 1, NULL, 'c' },   { "wait", 0, NULL, 'w' },
		{ "status", 1, NULL, 's' }, { "truth", 1, NULL, 'o' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
		switch (c) {
		case 'r':
			opt->rate = number(optarg);
			break;
		case 'c':
			opt->cpu = number(optarg);
			break;
		case 'w':
			opt->wait = true;
			break;
		case 's':
			opt->status = number(optarg);
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

static void wait_for_start(void)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	truth("waiting", 1);
	sigwait(&set, &sig);
}

/* Spinning keeps the rate even; sleeping would make bursts of a tick's length. */
static void churn(int fd, unsigned long nr, unsigned long rate)
{
	struct iovec piece[NR_PIECES];
	char byte = 0;
	unsigned long start = clock_ns();

	for (int i = 0; i < NR_PIECES; i++)
		piece[i] = (struct iovec){ &byte, 1 };
	for (unsigned long i = 0; i < nr; i++) {
		if (writev(fd, piece, NR_PIECES) != NR_PIECES)
			die("writev: %s", strerror(errno));
		if (rate && i % 64 == 63)
			while (clock_ns() - start < i * (1000000000.0 / rate))
				;
	}
}

int main(int argc, char **argv)
{
	struct options opt = { .cpu = -1 };
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	unsigned long start;

	options_read(&opt, argc, argv);
	if (fd < 0)
		die("/dev/null: %s", strerror(errno));
	if (opt.cpu >= 0)
		pin_to_cpu(opt.cpu);
	truth("pid", getpid());
	if (opt.wait)
		wait_for_start();
	start = clock_ns();
	churn(fd, opt.nr, opt.rate);
	start = clock_ns() - start;
	truth("bytes_req", NR_PIECES * sizeof(struct iovec));
	truth("bytes_alloc", kmalloc_bucket(NR_PIECES * sizeof(struct iovec)));
	truth("pairs", opt.nr);
	truth("ns", start);
	truth("ns_per_pair", opt.nr ? start / opt.nr : 0);
	return opt.status;
}
