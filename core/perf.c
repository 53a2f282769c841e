// SPDX-License-Identifier: GPL-2.0-only
/*
 * perf.c - the perf engine: events opened, enabled, read and accounted for
 *
 * Every CPU has an event that counts nothing: it owns the CPU's ring and
 * carries the side band. All other events of the CPU, of the whole system or
 * of single tasks, write into that ring. So the number of rings is the number
 * of CPUs, and order inside a CPU costs nothing. perf_open.c opens them; here
 * they run. Owns rings, file descriptors, merge and decoder.
 */
#include "core/perf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "core/attr.h"
#include "core/bind.h"
#include "core/ledger.h"
#include "core/perf_open.h"
#include "core/target.h"
#include "mwprof/log.h"
#include "mwprof/util.h"

static struct perf *perf_of(struct source *s)
{
	return (struct perf *)s;
}

static void perf_toggle(struct perf *p, bool ends, unsigned long request)
{
	for (size_t i = 0; i < p->nr_fds; i++) {
		struct perf_fd *fd = &p->fds[i];

		if (fd->on_exec)
			continue;
		if (ends == (fd->spec != PERF_SPEC_OWNER && p->binding->bounds[fd->spec].ends))
			ioctl(fd->fd, request, 0);
	}
}

/* What ends something is on before and off after what begins it: no end is missed in between. */
static int perf_enable(struct source *s)
{
	struct perf *p = perf_of(s);

	perf_toggle(p, true, PERF_EVENT_IOC_ENABLE);
	perf_toggle(p, false, PERF_EVENT_IOC_ENABLE);
	p->enabled_ns = p->checked_ns = now_ns();
	return 0;
}

static void perf_wind_down(struct source *s)
{
	struct perf *p = perf_of(s);

	/* Those enabled by exec are disabled like the rest. */
	for (size_t i = 0; i < p->nr_fds; i++)
		p->fds[i].on_exec = false;
	perf_toggle(p, false, PERF_EVENT_IOC_DISABLE);
}

static void perf_disable(struct source *s)
{
	struct perf *p = perf_of(s);

	perf_wind_down(s);
	perf_toggle(p, true, PERF_EVENT_IOC_DISABLE);
}

static int watch_ring(const struct perf *p, const struct perf_ring *ring)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = ring->owner_fd };

	return epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, ring->owner_fd, &e) ? -errno : 0;
}

static int perf_watch(struct source *s, int epoll_fd)
{
	struct perf *p = perf_of(s);
	int err = 0;

	p->epoll_fd = epoll_fd;
	for (unsigned int i = 0; !err && i < p->nr_rings; i++)
		err = watch_ring(p, &p->rings[i]);
	return err;
}

static int perf_drain(struct source *s, bool all)
{
	return order_drain(perf_of(s)->order, all);
}

int perf_deliver(void *ctx, unsigned int index, const struct perf_event_header *record,
		 __u64 time_ns)
{
	struct perf *p = ctx;
	struct perf_ring *ring = &p->rings[index];
	int err = decode_record(p->decoder, index, ring->cpu, record);

	if (time_ns > ring->last_ns)
		ring->last_ns = time_ns;
	return err;
}

int perf_pass_event(void *ctx, const struct event *ev)
{
	struct perf *p = ctx;

	return p->events.event(p->events.ctx, ev);
}

/* @nr_known records are known to be lost on @ring: tells what has not been told. */
static int account_lost(struct perf *p, struct perf_ring *ring, __u64 nr_known, __u64 until_ns)
{
	struct lost lost = {
		.cpu = ring->cpu,
		.nr = nr_known - ring->accounted,
		.since_ns = ring->last_ns ? ring->last_ns : p->enabled_ns,
		.until_ns = until_ns,
	};

	if (nr_known <= ring->accounted)
		return 0;
	p->lost += lost.nr;
	ring->accounted = nr_known;
	return p->events.lost(p->events.ctx, &lost);
}

int perf_lost_record(void *ctx, unsigned int index, __u64 nr, __u64 until_ns)
{
	struct perf *p = ctx;
	struct perf_ring *ring = &p->rings[index];

	ring->recorded += nr;
	return account_lost(p, ring, ring->recorded, until_ns);
}

/*
 * Without PERF_FORMAT_LOST the kernel tells of losses only in front of the next
 * record that fits. So we make one on every CPU: a change of our own name,
 * which the ring's owner reports.
 */
static void provoke_records(struct perf *p)
{
	cpu_set_t before, one;
	char name[16] = "";

	if (sched_getaffinity(0, sizeof(before), &before))
		return;
	prctl(PR_GET_NAME, name);
	for (unsigned int i = 0; i < p->nr_rings; i++) {
		CPU_ZERO(&one);
		CPU_SET(p->rings[i].cpu, &one);
		if (!sched_setaffinity(0, sizeof(one), &one))
			prctl(PR_SET_NAME, name);
	}
	sched_setaffinity(0, sizeof(before), &before);
}

static int perf_settle(struct source *s)
{
	struct perf *p = perf_of(s);
	__u64 now = now_ns();
	int err = 0;

	if (!p->format_lost) {
		provoke_records(p);
		return perf_drain(s, false);
	}
	for (unsigned int i = 0; i < p->nr_rings; i++)
		p->rings[i].counted = p->rings[i].counted_closed;
	for (size_t i = 0; i < p->nr_fds; i++)
		p->rings[p->fds[i].ring].counted += perf_count(p->fds[i].fd).lost;
	for (unsigned int i = 0; !err && i < p->nr_rings; i++)
		err = account_lost(p, &p->rings[i], p->rings[i].counted, now);
	return err;
}

/* A CPU runs again, or for the first time, and is traced from now on: what it did before is unknown. */
static int cpu_is_back(struct perf *p, struct perf_ring *ring, __u64 since_ns)
{
	struct lost gap = { .cpu = ring->cpu, .since_ns = since_ns };

	perf_toggle(p, true, PERF_EVENT_IOC_ENABLE);
	perf_toggle(p, false, PERF_EVENT_IOC_ENABLE);
	ring->offline_since_ns = 0;
	gap.until_ns = now_ns();
	p->cpu_gaps++;
	log_warning("CPU %u came online and is traced now", ring->cpu);
	return p->events.lost(p->events.ctx, &gap);
}

/*
 * Events of a whole CPU end with it and do not come back. Their clock stops: so
 * even a CPU that was away for an instant is noticed.
 */
static bool ring_lives(struct perf_ring *ring)
{
	__u64 before_ns = ring->live_ns;

	ring->live_ns = perf_count(ring->live_fd).enabled_ns;
	return ring->live_ns > before_ns;
}

/* What is traced goes on being traced: the run does not end because a CPU cannot be had now. */
static void fail_softly(struct perf *p, int err)
{
	/* It can go again while it is being opened: the next look tells. */
	if (!err || err == -ENODEV || err == -ENXIO || p->soft_failure_said)
		return;
	p->soft_failure_said = true;
	log_warning("cannot follow CPUs that come and go: %s; a CPU that comes online may stay "
		    "untraced; trying again every second",
		    strerror(-err));
}

/* 0, or what a callback returned. */
static int check_ring(struct perf *p, struct perf_ring *ring, bool online)
{
	int err;

	if (!online) {
		if (!ring->offline_since_ns) {
			ring->offline_since_ns = p->checked_ns;
			log_warning("CPU %u went offline", ring->cpu);
		}
		return 0;
	}
	if (!ring->offline_since_ns && ring_lives(ring))
		return 0;
	if (!ring->offline_since_ns)
		ring->offline_since_ns = p->checked_ns;
	err = perf_reopen_cpu(p, ring - p->rings);
	if (!err)
		return cpu_is_back(p, ring, ring->offline_since_ns);
	fail_softly(p, err);
	return 0;
}

/* A CPU that is here for the first time. 0, or what a callback returned. */
static int add_cpu(struct perf *p, int cpu)
{
	struct perf_ring *ring = &p->rings[p->nr_rings];
	int err = perf_add_cpu(p, cpu);

	if (!err) {
		ring->offline_since_ns = p->checked_ns; /* until all of it is there */
		err = watch_ring(p, ring);
	}
	if (!err)
		err = perf_open_cpu(p, ring - p->rings);
	if (!err)
		return cpu_is_back(p, ring, ring->offline_since_ns);
	fail_softly(p, err);
	return 0;
}

static bool has_ring(const struct perf *p, int cpu)
{
	for (unsigned int i = 0; i < p->nr_rings; i++)
		if ((int)p->rings[i].cpu == cpu)
			return true;
	return false;
}

static int perf_housekeep(struct source *s)
{
	struct perf *p = perf_of(s);
	__u64 now = now_ns();
	int *online = NULL, err;
	size_t nr;

	err = target_read_online_cpus(p->online_fd, &online, &nr);
	if (err) {
		fail_softly(p, err);
		return 0;
	}
	for (unsigned int i = 0; !err && i < p->nr_rings; i++)
		err = check_ring(p, &p->rings[i], target_lists(online, nr, p->rings[i].cpu));
	for (size_t i = 0; !err && i < nr; i++)
		if (!has_ring(p, online[i]) && perf_wants_cpu(p, online[i]))
			err = add_cpu(p, online[i]);
	free(online);
	p->checked_ns = now;
	return err;
}

static void perf_status(struct source *s, struct report *report)
{
	struct perf *p = perf_of(s);
	const struct order_stats *order = order_stats(p->order);
	const struct decode_stats *decode = decoder_stats(p->decoder);
	struct report_value engine[] = {
		REPORT_STRING("engine", "perf"),
		REPORT_U64("rings", p->nr_rings),
		REPORT_U64("ring_bytes", p->rings[0].ring.size),
		REPORT_U64("fds", p->nr_fds),
		REPORT_U64("samples", decode->samples),
		REPORT_U64("lost", p->lost),
		REPORT_U64("repaired", order->repaired),
		REPORT_U64("late", order->late),
	};

	report_row(report, "engine",
		   "engine {engine}: {rings} rings of {ring_bytes} bytes, {fds} perf events\n"
		   "records: {samples} read, {lost} lost, {repaired} put in order within a ring, "
		   "{late} too late for it",
		   engine, ARRAY_SIZE(engine));
	for (unsigned int i = 0; i < p->nr_rings; i++) {
		struct ring *ring = &p->rings[i].ring;
		struct report_value row[] = {
			REPORT_U64("cpu", p->rings[i].cpu),
			REPORT_U64("waiting_bytes", ring_head(ring) - ring->released),
			REPORT_U64("lost", p->rings[i].accounted),
		};

		report_row(report, "ring",
			   "ring of CPU {cpu}: {waiting_bytes} bytes waiting, {lost} records lost",
			   row, ARRAY_SIZE(row));
	}
}

static void perf_ledger(const struct source *s, __u64 *counts)
{
	const struct perf *p = (const struct perf *)s;
	const struct decode_stats *decode = decoder_stats(p->decoder);

	counts[LEDGER_LOST_RECORDS] = p->lost;
	counts[LEDGER_CPU_GAPS] = p->cpu_gaps;
	counts[LEDGER_BROKEN_RECORDS] = decode->broken + order_stats(p->order)->broken;
	counts[LEDGER_UNKNOWN_RECORDS] = decode->unknown;
	counts[LEDGER_THROTTLED] = decode->throttled;
	counts[LEDGER_CUT_STACKS] = decode->cut_stacks;
}

/* Descriptors first: a ring must not go while an event writes into it. Then the readers, then the rings. */
static void perf_free(struct source *s)
{
	struct perf *p = perf_of(s);

	for (size_t i = 0; i < p->nr_fds; i++)
		close(p->fds[i].fd);
	free(p->fds);
	if (p->online_fd >= 0)
		close(p->online_fd);
	order_free(p->order);
	decoder_free(p->decoder);
	for (unsigned int i = 0; i < p->nr_rings; i++)
		ring_fini(&p->rings[i].ring);
	free(p->rings);
	free(p);
}

const struct source_ops perf_ops = {
	.enable = perf_enable,
	.watch = perf_watch,
	.drain = perf_drain,
	.settle = perf_settle,
	.housekeep = perf_housekeep,
	.wind_down = perf_wind_down,
	.disable = perf_disable,
	.ledger = perf_ledger,
	.status = perf_status,
	.free = perf_free,
};
