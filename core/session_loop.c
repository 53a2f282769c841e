// SPDX-License-Identifier: GPL-2.0-only
/*
 * session_loop.c - one run, running
 *
 * Waits for rings, signals and deadlines, drains, dispatches to the profiler,
 * asks it for reports. Everything happens in this one thread: an event is
 * dealt with before the next is looked at, and a report sees all that was
 * delivered before it and nothing after.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "core/frames.h"
#include "core/session.h"
#include "core/task.h"

/* How long an event may wait in a ring that is not half full. */
#define STREAM_WAIT_NS (50 * 1000000ULL)
#define IDLE_WAIT_NS NSEC_PER_SEC
#define HOUSEKEEP_NS NSEC_PER_SEC
/* Are the targets still there? */
#define LIFE_CHECK_NS (100 * 1000000ULL)

/*
 * After the command or the last target has ended the kernel goes on freeing what
 * was its: RCU callbacks, delayed work. So long ends are still watched, where the
 * profiler has any.
 */
#define WIND_DOWN_NS (200 * 1000000ULL)

struct deadlines {
	__u64 tick_ns, end_ns, housekeep_ns, life_ns; /* 0: never */
};

/* SIGINT or SIGTERM has come. Their handler's, and so the program's: one flag. */
static volatile sig_atomic_t interrupted;

static void note_interrupt(int signo)
{
	(void)signo;
	interrupted = 1;
}

/*
 * The first SIGINT or SIGTERM asks for the last report; then the handler is gone, and
 * the second one ends the program whatever it is doing: they stay unblocked,
 * also while a report waits for a reader that does not read.
 */
static int catch_interrupts(void)
{
	struct sigaction action = {
		.sa_handler = note_interrupt,
		.sa_flags = SA_RESTART | SA_RESETHAND,
	};

	return sigaction(SIGINT, &action, NULL) || sigaction(SIGTERM, &action, NULL) ? -errno : 0;
}

int session_signals(struct session *s)
{
	struct epoll_event e = { .events = EPOLLIN };
	sigset_t set;
	int err = catch_interrupts();

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGCHLD);
	if (err || sigprocmask(SIG_BLOCK, &set, NULL))
		return err ? err : -errno;
	/* A reader that goes away is met as EPIPE, in words. */
	signal(SIGPIPE, SIG_IGN);
	s->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->signal_fd < 0 || s->epoll_fd < 0)
		return -errno;
	e.data.fd = s->signal_fd;
	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->signal_fd, &e) ? -errno : 0;
}

static void fill_ledger(struct session *s)
{
	s->source->ops->ledger(s->source, s->ledger.core);
	s->ledger.core[LEDGER_LOST_STACKS] = stack_table_lost(s->stacks);
}

/* Writes what the report holds. A write that fails ends the session: said once. */
static int write_report(struct session *s)
{
	int err = report_end(s->report);

	if (!err)
		return 0;
	log_error("cannot write the report: %s%s", strerror(-err),
		  err == -EPIPE ? " (its reader has gone)" : "");
	s->failed = true;
	s->done = true;
	return 0;
}

/* The paragraph under every report, and the end of it. */
static int finish_report(struct session *s)
{
	const struct ledger_row *rows[NR_LEDGER_CORE + LEDGER_MAX_OWN];
	__u64 counts[NR_LEDGER_CORE + LEDGER_MAX_OWN];
	unsigned int nr;

	fill_ledger(s);
	nr = ledger_nonzero(&s->ledger, rows, counts);
	report_ledger(s->report, rows, counts, nr);
	return write_report(s);
}

/* Reports that follow one another say when each was made. */
static void report_time(struct session *s)
{
	time_t now = time(NULL);
	struct tm tm;
	char wall[32], line[96];

	if (!localtime_r(&now, &tm) || !strftime(wall, sizeof(wall), "%F %T", &tm))
		return;
	snprintf(line, sizeof(line), "%s, %.1f s of tracing:", wall,
		 (now_ns() - s->started_ns) / (double)NSEC_PER_SEC);
	report_heading(s->report, line);
}

static int make_report(struct session *s, enum report_why why)
{
	int err = 0;

	report_begin(s->report, why, s->now_ns);
	if (why != REPORT_FINAL)
		report_time(s);
	if (s->prof.ops->report)
		err = s->prof.ops->report(&s->prof, s->report, why);
	return err ? err : finish_report(s);
}

int session_event(void *ctx, const struct event *ev)
{
	struct session *s = ctx;
	int err;

	if (ev->time_ns > s->now_ns)
		s->now_ns = ev->time_ns;
	s->nr_events++;
	err = s->prof.ops->event(&s->prof, ev);
	if (err)
		return err;
	if (s->prof.stop || s->nr_events == s->options->max_events)
		s->done = true;
	return s->done;
}

int session_lost(void *ctx, const struct lost *lost)
{
	struct session *s = ctx;

	if (lost->until_ns > s->now_ns)
		s->now_ns = lost->until_ns;
	if (s->prof.ops->lost)
		s->prof.ops->lost(&s->prof, lost);
	if (!s->report_asked)
		return 0;
	s->report_asked = false;
	return make_report(s, REPORT_LOSS);
}

static double seconds(const struct timeval *t)
{
	return t->tv_sec + t->tv_usec / 1e6;
}

/* SIGUSR2: what this run is, what it costs, what it has lost. */
static int report_session(struct session *s)
{
	struct rusage usage;
	__u64 used_us;

	getrusage(RUSAGE_SELF, &usage);
	used_us = (seconds(&usage.ru_utime) + seconds(&usage.ru_stime)) * 1e6;
	report_begin(s->report, REPORT_SIGNAL, now_ns());
	report_heading(s->report, "MWPROF SESSION:");
	s->source->ops->status(s->source, s->report);
	for (unsigned int i = 0; i < s->binding.nr; i++) {
		const struct bound *bound = &s->binding.bounds[i];
		struct report_value row[] = {
			REPORT_STRING("event", bound->label),
			REPORT_STRING("role", s->prof.ops->roles[s->binding.specs[i].role].name),
			REPORT_STRING("filter", bound->kernel_filter ? "kernel"
						: bound->filter_here ? "user space"
								     : "none"),
			REPORT_STRING("scope", bound->anywhere || !target_is_narrow(&s->target)
						       ? "whole system"
						       : "targets"),
		};

		report_row(s->report, "placement",
			   "event {event}: --{role}, filter: {filter}, traced in: {scope}", row,
			   ARRAY_SIZE(row));
	}
	struct report_value self[] = {
		REPORT_SECONDS("running", now_ns() - s->started_ns),
		REPORT_SECONDS("cpu", used_us * 1000),
		REPORT_U64("max_rss_bytes", usage.ru_maxrss * 1024ULL),
		REPORT_U64("stacks", stack_table_nr(s->stacks)),
		REPORT_U64("stack_bytes", stack_table_bytes(s->stacks) + frames_bytes(s->frames)),
		REPORT_U64("task_bytes", tasks_bytes(s->tasks)),
		REPORT_U64("events", s->nr_events),
	};
	report_row(s->report, "self",
		   "running for {running} s, own CPU {cpu} s, at most {max_rss_bytes} bytes of "
		   "memory\n"
		   "{events} events delivered; {stacks} distinct stacks in {stack_bytes} bytes, "
		   "tasks in {task_bytes} bytes",
		   self, ARRAY_SIZE(self));
	return finish_report(s);
}

static int drain_and_settle(struct session *s)
{
	int err = s->source->ops->drain(s->source, false);

	return err || s->done ? err : s->source->ops->settle(s->source);
}

static int handle_signals(struct session *s)
{
	struct signalfd_siginfo info;
	int err = 0;

	while (!err && !s->done && read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGUSR1:
			err = drain_and_settle(s);
			if (!err)
				err = make_report(s, REPORT_SIGNAL);
			break;
		case SIGUSR2:
			err = drain_and_settle(s);
			if (!err)
				err = report_session(s);
			break;
		}
	}
	return err;
}

static int interval(struct session *s)
{
	int err = drain_and_settle(s);

	if (err || s->done)
		return err;
	if (now_ns() > s->now_ns)
		s->now_ns = now_ns();
	if (s->prof.ops->tick)
		err = s->prof.ops->tick(&s->prof, s->now_ns);
	return err ? err : make_report(s, REPORT_INTERVAL);
}

static void wind_down(struct session *s, struct deadlines *d, __u64 now)
{
	bool has_ends = false;

	for (unsigned int i = 0; i < s->binding.nr; i++)
		has_ends = has_ends || s->binding.bounds[i].ends;
	s->winding_down = true;
	s->source->ops->wind_down(s->source);
	d->end_ns = now + (has_ends ? WIND_DOWN_NS : 0);
}

static int handle_deadlines(struct session *s, struct deadlines *d)
{
	__u64 now = now_ns();
	int err = 0;

	if (!s->winding_down && workload_ended(&s->workload))
		wind_down(s, d, now);
	if (!s->winding_down && now >= d->life_ns) {
		d->life_ns = now + LIFE_CHECK_NS;
		if (target_is_gone(&s->target)) {
			log_notice("what was traced has ended");
			wind_down(s, d, now);
		}
	}
	if (d->end_ns && now >= d->end_ns)
		s->done = true;
	if (!s->done && now >= d->housekeep_ns) {
		d->housekeep_ns = now + HOUSEKEEP_NS;
		err = s->source->ops->housekeep(s->source);
	}
	if (!err && !s->done && d->tick_ns && now >= d->tick_ns) {
		/* In step with the clock: a slow report delays no later one. */
		while (d->tick_ns <= now)
			d->tick_ns += s->options->interval_ns;
		err = interval(s);
	}
	return err;
}

static void sooner(__u64 *deadline, __u64 other)
{
	if (other && other < *deadline)
		*deadline = other;
}

static int wait_for_something(struct session *s, const struct deadlines *d)
{
	__u64 now = now_ns();
	__u64 until = now + (s->prof.ops->flags & PROF_STREAM ? STREAM_WAIT_NS : IDLE_WAIT_NS);
	struct epoll_event events[64];
	sigset_t interrupts, before;
	int timeout_ms, err = 0;

	sooner(&until, d->tick_ns);
	sooner(&until, d->end_ns);
	sooner(&until, d->housekeep_ns);
	if (s->target.nr_watched)
		sooner(&until, d->life_ns);
	timeout_ms = until > now ? (until - now + 999999) / 1000000 : 0;
	/* One that comes between the look at the flag and the wait ends the wait. */
	sigemptyset(&interrupts);
	sigaddset(&interrupts, SIGINT);
	sigaddset(&interrupts, SIGTERM);
	sigprocmask(SIG_BLOCK, &interrupts, &before);
	if (!interrupted &&
	    epoll_pwait(s->epoll_fd, events, ARRAY_SIZE(events), timeout_ms, &before) < 0 &&
	    errno != EINTR)
		err = -errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (interrupted)
		s->done = true;
	return err;
}

static int start(struct session *s, struct deadlines *d)
{
	int err = s->source->ops->watch(s->source, s->epoll_fd);

	if (!err)
		err = s->source->ops->enable(s->source);
	if (err) {
		log_error("cannot start tracing: %s", strerror(-err));
		return err == -EINVAL ? -EIO : err;
	}
	s->started_ns = s->now_ns = now_ns();
	if (s->options->interval_ns)
		d->tick_ns = s->started_ns + s->options->interval_ns;
	if (s->options->duration_s)
		d->end_ns = s->started_ns + s->options->duration_s * NSEC_PER_SEC;
	d->housekeep_ns = s->started_ns + HOUSEKEEP_NS;
	log_notice("tracing %u event%s on %zu CPU%s; %s", s->binding.nr,
		   s->binding.nr == 1 ? "" : "s", s->target.nr_cpus,
		   s->target.nr_cpus == 1 ? "" : "s",
		   s->command ? "until the command ends"
		   : s->options->duration_s || s->options->max_events
			   ? "Ctrl-C ends it sooner"
			   : "Ctrl-C ends, SIGUSR1 reports");
	return s->command ? workload_release(&s->workload, s->command[0]) : 0;
}

static int finish(struct session *s)
{
	bool stopped = s->prof.stop ||
		       (s->options->max_events && s->nr_events >= s->options->max_events);
	int err = 0;

	s->source->ops->disable(s->source);
	if (s->failed)
		return 0;
	/* Asked for N events, or stopped by the profiler: what came after is nobody's. */
	if (!stopped) {
		s->done = false;
		err = s->source->ops->drain(s->source, true);
		if (!err)
			err = s->source->ops->settle(s->source);
		s->done = true;
	}
	if (now_ns() > s->now_ns)
		s->now_ns = now_ns();
	return err < 0 ? err : make_report(s, REPORT_FINAL);
}

int session_loop(struct session *s)
{
	struct deadlines deadlines = { 0 };
	int err = start(s, &deadlines);

	if (err)
		return err;
	while (!err && !s->done) {
		err = wait_for_something(s, &deadlines);
		if (!err)
			err = s->source->ops->drain(s->source, false);
		if (!err && s->prof.ops->flags & PROF_STREAM)
			err = write_report(s);
		if (!err && !s->done)
			err = handle_signals(s);
		if (!err && !s->done)
			err = handle_deadlines(s, &deadlines);
		if (err > 0)
			err = 0; /* a callback ended the drain: done says so */
	}
	if (err) {
		log_error("tracing ends here: %s; what was seen so far is reported",
			  strerror(-err));
		s->failed_early = true;
	}
	return finish(s);
}
