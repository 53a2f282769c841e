// SPDX-License-Identifier: GPL-2.0-only
/*
 * perf_open.c - perf events opened, rings mapped, filters set
 *
 * Everything of the perf engine that can fail, so that it fails before the
 * first event and in words. Called once at the start, and again for a CPU that
 * comes back online.
 */
#include "core/perf_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "core/attr.h"
#include "core/bind.h"
#include "core/caps.h"
#include "core/place.h"
#include "core/target.h"
#include "mwprof/log.h"
#include "mwprof/util.h"

/*
 * 8 MiB a CPU with 4 KiB pages: 300 000 pairs/s with 15 frames are 80 MB/s, so
 * the reader may sleep for 50 ms after the wake-up at half full.
 */
#define DEFAULT_RING_BYTES (8ULL << 20)
#define LEAST_RING_BYTES (512ULL << 10)
/* All rings together take no more than this part of the machine's memory, unless asked for. */
#define MEMORY_PART 32
/* How often events are opened anew when the target starts threads meanwhile. */
#define MAX_ATTACHES 5

static int perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, unsigned long flags)
{
	int fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, flags | PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

struct attr_count perf_count(int fd)
{
	struct attr_count count = { 0 };

	if (read(fd, &count, sizeof(count)) < 0)
		return (struct attr_count){ 0 };
	return count;
}

static struct attr_options attr_options_of(const struct perf *p)
{
	__u64 bytes = p->options.ring_pages * sysconf(_SC_PAGESIZE);

	return (struct attr_options){
		.format_lost = p->format_lost,
		.inherit = p->target->inherit,
		.comms = p->options.comms || !p->format_lost,
		.maps = p->options.maps,
		.wakeup_bytes = bytes / 2,
	};
}

static int add_fd(struct perf *p, const struct perf_fd *fd)
{
	struct perf_fd *grown = realloc(p->fds, (p->nr_fds + 1) * sizeof(*grown));

	if (!grown) {
		close(fd->fd);
		return -ENOMEM;
	}
	grown[p->nr_fds++] = *fd;
	p->fds = grown;
	return 0;
}

static int open_owner(struct perf *p, unsigned int index)
{
	struct attr_options options = attr_options_of(p);
	struct perf_fd fd = { .spec = PERF_SPEC_OWNER, .ring = index, .whole_cpu = true };
	struct perf_event_attr attr;

	attr_ring_owner(&attr, &options);
	fd.fd = perf_event_open(&attr, -1, p->rings[index].cpu, 0);
	if (fd.fd == -EINVAL && p->format_lost) {
		p->format_lost = false; /* before 6.0 */
		return open_owner(p, index);
	}
	if (fd.fd < 0)
		return fd.fd;
	p->rings[index].owner_fd = p->rings[index].live_fd = fd.fd;
	return add_fd(p, &fd);
}

/* A filter that the kernel will not take runs here instead. */
static int set_filter(struct perf *p, int fd, unsigned int spec)
{
	struct bound *bound = &p->binding->bounds[spec];
	struct expr_error why;

	if (!bound->kernel_filter || !ioctl(fd, PERF_EVENT_IOC_SET_FILTER, bound->kernel_filter))
		return 0;
	if (errno == ENOMEM)
		return -ENOMEM;
	if (!place_filter_refused(bound, &why))
		return 0;
	log_error("%s: filter: %s", bound->label, why.message);
	return -EINVAL;
}

static int open_event(struct perf *p, unsigned int spec, unsigned int ring, pid_t pid,
		      unsigned long flags)
{
	struct attr_options options = attr_options_of(p);
	struct perf_fd fd = {
		.spec = spec,
		.ring = ring,
		.whole_cpu = pid == -1 || flags & PERF_FLAG_PID_CGROUP,
		.on_exec = p->options.held && pid == p->options.held,
	};
	struct perf_event_attr attr;
	__u64 id;
	int err;

	options.inherit = options.inherit && !fd.whole_cpu;
	options.enable_on_exec = fd.on_exec;
	attr_tracepoint(&attr, &p->binding->specs[spec], &p->binding->bounds[spec], &options);
	fd.fd = perf_event_open(&attr, pid, p->rings[ring].cpu, flags);
	if (fd.fd < 0)
		return fd.fd;
	err = add_fd(p, &fd);
	if (!err && ioctl(fd.fd, PERF_EVENT_IOC_SET_OUTPUT, p->rings[ring].owner_fd))
		err = -errno;
	if (!err && ioctl(fd.fd, PERF_EVENT_IOC_ID, &id))
		err = -errno;
	if (!err)
		err = decoder_add_id(p->decoder, id, spec);
	return err ? err : set_filter(p, fd.fd, spec);
}

static bool spec_wants_cpu(const struct perf *p, unsigned int spec, int cpu)
{
	const struct bound *bound = &p->binding->bounds[spec];

	if (bound->cpus)
		return target_lists(bound->cpus, bound->nr_cpus, cpu);
	return bound->anywhere || !p->target->cpus_given ||
	       target_lists(p->target->cpus, p->target->nr_cpus, cpu);
}

/* @tasks_too: also the events of single tasks, which survive when their CPU goes. */
static int open_spec_on(struct perf *p, unsigned int spec, unsigned int ring, bool tasks_too)
{
	const struct target *t = p->target;
	size_t nr_open = 0;
	int err;

	if (p->binding->bounds[spec].unusable || !spec_wants_cpu(p, spec, p->rings[ring].cpu))
		return 0;
	if (p->binding->bounds[spec].anywhere || !target_is_narrow(t))
		return open_event(p, spec, ring, -1, 0);
	for (size_t i = 0; i < t->nr_cgroups; i++) {
		err = open_event(p, spec, ring, t->cgroups[i].fd, PERF_FLAG_PID_CGROUP);
		if (err)
			return err;
	}
	for (size_t i = 0; tasks_too && i < t->nr_tids; i++) {
		err = open_event(p, spec, ring, t->tids[i], 0);
		if (err && err != -ESRCH)
			return err;
		nr_open += !err; /* a thread that has just ended is none of ours */
	}
	return tasks_too && t->nr_tids && !nr_open ? -ESRCH : 0;
}

static bool is_refused(int err)
{
	return (err == -EPERM || err == -EACCES) && caps_may_trace();
}

static void explain_event(int err, const char *label)
{
	/* The rings are there: it is not perf as a whole that is forbidden. */
	if (is_refused(err))
		log_error(
			"%s: the kernel lets nobody sample this event, as those of irq_work, or a "
			"security module forbids it",
			label);
	else
		caps_explain_open(err, label);
}

int perf_open_cpu(struct perf *p, unsigned int ring)
{
	int err;

	for (unsigned int spec = 0; spec < p->binding->nr; spec++) {
		struct bound *bound = &p->binding->bounds[spec];

		err = open_spec_on(p, spec, ring, true);
		if (err && bound->from_wildcard && is_refused(err)) {
			bound->unusable = true;
			log_notice("%s: left out: the kernel lets nobody sample it", bound->label);
		} else if (err) {
			explain_event(err, bound->label);
			return err == -EINVAL ? -EIO : err;
		}
	}
	return 0;
}

static void close_events(struct perf *p)
{
	size_t nr = 0;

	for (size_t i = 0; i < p->nr_fds; i++) {
		if (p->fds[i].spec == PERF_SPEC_OWNER)
			p->fds[nr++] = p->fds[i];
		else
			close(p->fds[i].fd);
	}
	p->nr_fds = nr;
}

static int open_events(struct perf *p)
{
	int err = 0;

	for (unsigned int ring = 0; !err && ring < p->nr_rings; ring++)
		err = perf_open_cpu(p, ring);
	for (unsigned int i = 0; !err && i < p->binding->nr; i++)
		if (!p->binding->bounds[i].unusable)
			return 0;
	if (!err) {
		log_error("none of the events can be sampled");
		err = -EPERM;
	}
	return err;
}

/*
 * A thread that is started while its starter's events are being opened inherits some of them: it
 * can be neither left alone nor given all. So then everything is opened again, over the threads
 * of now, until nobody has started one meanwhile. Nothing is enabled yet, so nothing is lost by it.
 */
static int open_all_events(struct perf *p)
{
	unsigned int nr_new = 0, nr_tries = 0;
	int err = open_events(p);

	while (!err && p->target->inherit) {
		err = target_add_new_threads(p->target, &nr_new);
		if (err || !nr_new || ++nr_tries == MAX_ATTACHES)
			break;
		log_verbose("%u threads were started meanwhile: attaching again", nr_new);
		close_events(p); /* takes its time: so the list is made anew right before opening */
		err = target_add_new_threads(p->target, &nr_new);
		if (!err)
			err = open_events(p);
	}
	if (!err && nr_new)
		log_warning(
			"-p: %u threads were started while mwprof attached; their events may be "
			"missing",
			nr_new);
	return err;
}

int perf_add_cpu(struct perf *p, int cpu)
{
	struct perf_ring *ring = &p->rings[p->nr_rings];
	size_t nr_before = p->nr_fds;
	int err;

	if (p->nr_rings == p->max_rings)
		return -ENOSPC;
	*ring = (struct perf_ring){ .cpu = cpu };
	err = open_owner(p, p->nr_rings);
	if (!err)
		err = ring_map(&ring->ring, ring->owner_fd, p->options.ring_pages);
	if (!err)
		err = order_add(p->order, &ring->ring);
	if (!err) {
		p->nr_rings++;
		return 0;
	}
	ring_fini(&ring->ring);
	while (p->nr_fds > nr_before)
		close(p->fds[--p->nr_fds].fd);
	return err;
}

int perf_reopen_cpu(struct perf *p, unsigned int ring)
{
	struct attr_options options = attr_options_of(p);
	struct perf_fd fd = { .spec = PERF_SPEC_OWNER, .ring = ring, .whole_cpu = true };
	struct perf_event_attr attr;
	size_t nr = 0;
	int err;

	for (size_t i = 0; i < p->nr_fds; i++) {
		const struct perf_fd *old = &p->fds[i];

		/* The ring hangs on its owner, which goes on being asked for its count. */
		if (old->ring != ring || !old->whole_cpu || old->fd == p->rings[ring].owner_fd) {
			p->fds[nr++] = *old;
			continue;
		}
		p->rings[ring].counted_closed += perf_count(old->fd).lost;
		close(old->fd);
	}
	p->nr_fds = nr;
	/* The side band needs an event that lives; the ring stays its first owner's. */
	attr_ring_owner(&attr, &options);
	fd.fd = perf_event_open(&attr, -1, p->rings[ring].cpu, 0);
	if (fd.fd < 0)
		return fd.fd;
	err = add_fd(p, &fd);
	if (!err && ioctl(fd.fd, PERF_EVENT_IOC_SET_OUTPUT, p->rings[ring].owner_fd))
		err = -errno;
	p->rings[ring].live_fd = fd.fd;
	p->rings[ring].live_ns = 0;
	for (unsigned int spec = 0; !err && spec < p->binding->nr; spec++)
		err = open_spec_on(p, spec, ring, false);
	return err;
}

/* Tasks move: names and mappings come from every CPU, whichever are traced. */
bool perf_wants_cpu(const struct perf *p, int cpu)
{
	if (p->options.comms || p->options.maps)
		return true;
	for (unsigned int spec = 0; spec < p->binding->nr; spec++)
		if (spec_wants_cpu(p, spec, cpu))
			return true;
	return false;
}

/* A ring for each CPU that is wanted. Rings never move: the merge holds on to them. */
static int make_rings(struct perf *p)
{
	int *online = NULL, err;
	size_t nr;

	err = target_online_cpus(&online, &nr);
	if (err)
		return err;
	p->max_rings = sysconf(_SC_NPROCESSORS_CONF);
	if (p->max_rings < nr)
		p->max_rings = nr;
	p->rings = calloc(p->max_rings, sizeof(*p->rings));
	if (!p->rings)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < nr; i++)
		if (perf_wants_cpu(p, online[i]))
			p->rings[p->nr_rings++].cpu = online[i];
	if (!err && !p->nr_rings) {
		log_error("none of the CPUs that the events name in cpus= is online");
		err = -ENODEV;
	}
	free(online);
	return err;
}

static size_t default_ring_pages(unsigned int nr_rings)
{
	__u64 page = sysconf(_SC_PAGESIZE);
	__u64 memory = page * sysconf(_SC_PHYS_PAGES);
	__u64 bytes = DEFAULT_RING_BYTES;

	while (bytes > LEAST_RING_BYTES && bytes * nr_rings > memory / MEMORY_PART)
		bytes /= 2;
	return bytes > page ? bytes / page : 1;
}

static int map_rings(struct perf *p, size_t pages)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < p->nr_rings; i++)
		err = ring_map(&p->rings[i].ring, p->rings[i].owner_fd, pages);
	if (err)
		for (unsigned int i = 0; i < p->nr_rings; i++)
			ring_fini(&p->rings[i].ring);
	return err;
}

/* A size that was not asked for gives way to the limit on locked memory. */
static int map_rings_that_fit(struct perf *p, bool asked)
{
	size_t pages = p->options.ring_pages;
	int err = map_rings(p, pages);

	while (!asked && (err == -EPERM || err == -ENOMEM) && pages > 1) {
		pages /= 2;
		err = map_rings(p, pages);
	}
	if (err) {
		log_error("cannot map a ring of %zu pages for each of %u CPUs: %s%s", pages,
			  p->nr_rings, strerror(-err),
			  err == -EPERM ? "; a smaller -m, a higher kernel.perf_event_mlock_kb or "
					  "CAP_IPC_LOCK helps"
					: "");
		return err;
	}
	if (pages != p->options.ring_pages)
		log_warning("rings have %zu pages instead of %zu: locked memory is limited "
			    "(CAP_IPC_LOCK lifts that)",
			    pages, p->options.ring_pages);
	p->options.ring_pages = pages;
	return 0;
}

/* An event per task and CPU: many descriptors. The soft limit is ours to raise. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_rings(struct perf *p, bool asked)
{
	static const struct order_ops order_ops = {
		.time = attr_record_time,
		.deliver = perf_deliver,
	};
	int err = make_rings(p);

	if (err)
		return err;
	if (!asked)
		p->options.ring_pages = default_ring_pages(p->nr_rings);
	for (unsigned int i = 0; i < p->nr_rings; i++) {
		err = open_owner(p, i);
		if (err) {
			caps_explain_open(err, "a perf ring");
			return err == -EINVAL ? -EIO : err;
		}
	}
	err = map_rings_that_fit(p, asked);
	if (!err)
		err = order_new(&p->order, &order_ops, p);
	for (unsigned int i = 0; !err && i < p->nr_rings; i++)
		err = order_add(p->order, &p->rings[i].ring);
	return err;
}

static void say_placement(const struct binding *b)
{
	for (unsigned int i = 0; i < b->nr; i++) {
		const struct bound *bound = &b->bounds[i];

		if (bound->kernel_filter)
			log_verbose("%s: filter in the kernel: %s", bound->label,
				    bound->kernel_filter);
		else if (bound->filter_here)
			log_verbose("%s: filter in user space: %s", bound->label, bound->why_here);
	}
}

int perf_source_new(struct source **out, struct binding *binding, struct target *target,
		    struct tasks *tasks, const struct perf_options *options,
		    const struct source_events *events)
{
	static const struct decode_ops decode_ops = {
		.event = perf_pass_event,
		.lost = perf_lost_record,
	};
	struct perf *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->source.ops = &perf_ops;
	p->binding = binding;
	p->target = target;
	p->options = *options;
	p->events = *events;
	p->format_lost = !options->no_format_lost;
	p->enabled_ns = now_ns();
	p->epoll_fd = -1;
	raise_fd_limit();
	p->online_fd = open(TARGET_ONLINE_CPUS, O_RDONLY | O_CLOEXEC);
	if (target_in_pid_namespace())
		log_warning("inside a pid namespace: tasks outside it all show as 0");
	err = decoder_new(&p->decoder, binding, tasks, &decode_ops, p);
	if (!err)
		err = open_rings(p, options->ring_pages);
	if (!err)
		err = open_all_events(p);
	if (err) {
		p->source.ops->free(&p->source);
		return err;
	}
	say_placement(binding);
	*out = &p->source;
	return 0;
}
