// SPDX-License-Identifier: GPL-2.0-only
/*
 * caps.c - what this kernel lets this user do
 *
 * A row a capability, each with a function that tries it: distribution kernels
 * carry features back and security modules take them away, so version numbers
 * say little. Nothing stays behind of a trial. Also turns an errno of the perf
 * system calls into what is missing and how to give it. Called by cmd_caps.c,
 * and by whoever opens events when that fails. Owns nothing.
 */
#include "core/caps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <mntent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "mwprof/log.h"
#include "mwprof/util.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38 /* 5.8 */
#endif

#define PARANOID "/proc/sys/kernel/perf_event_paranoid"
#define PMU_DIR "/sys/bus/event_source/devices/"

#define BIG_RING_BYTES (8UL << 20)

static const char *const tracefs_dirs[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

/* Is capability @nr effective in this process? */
static bool has_capability(int nr)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[nr / 32].effective & (1U << (nr % 32));
}

/* Until 5.8 CAP_SYS_ADMIN was what CAP_PERFMON is now; it still includes it. */
static bool has_perfmon(void)
{
	return has_capability(CAP_PERFMON) || has_capability(CAP_SYS_ADMIN);
}

/* kernel.perf_event_paranoid; 2, the kernel's default, when it can't be read. */
static int paranoid_level(void)
{
	char text[32];

	return read_file(PARANOID, text, sizeof(text)) > 0 ? atoi(text) : 2;
}

bool caps_may_trace(void)
{
	return has_perfmon() || paranoid_level() < 0;
}

/* Descriptor or -errno. */
static int open_event(struct perf_event_attr *attr, int pid, int cpu, unsigned long flags)
{
	int fd;

	attr->size = sizeof(*attr);
	attr->disabled = 1;
	fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, flags | PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* An event that every kernel has and that never happens, on this process alone. */
static struct perf_event_attr dummy_attr(void)
{
	return (struct perf_event_attr){
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.exclude_kernel = 1,
	};
}

/* Opens it on this process and closes it again: 0 or -errno. */
static int try_event(struct perf_event_attr *attr)
{
	int fd = open_event(attr, 0, -1, 0);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static const char *missing_perfmon(void)
{
	return has_perfmon() ? "refused although CAP_PERFMON is there"
			     : "CAP_PERFMON is missing (or root)";
}

/* @denied: the words for a lack of rights; @absent: for a kernel that has no such thing. */
static bool answer(struct cap *cap, int err, const char *denied, const char *absent)
{
	const char *reason;

	switch (-err) {
	case 0:
		return true;
	case EACCES:
	case EPERM:
		reason = denied;
		break;
	case EINVAL:
	case ENOENT:
	case ENOSYS:
	case EOPNOTSUPP:
		reason = absent;
		break;
	default:
		reason = strerror(-err);
	}
	snprintf(cap->reason, sizeof(cap->reason), "%s", reason);
	return false;
}

/* 2.6.31; refused by Debian's perf_event_paranoid=3 and by seccomp filters of containers. */
static bool try_perf(struct cap *cap)
{
	struct perf_event_attr attr = dummy_attr();

	return answer(cap, try_event(&attr), missing_perfmon(), "this kernel has no perf events");
}

/*
 * The directory of tracefs: -errno of the last one tried, or 0 and *@out. By opening it: access()
 * asks for the real user and forgets the capabilities that a file gave.
 */
static int find_tracefs(const char **out)
{
	char path[64];
	size_t i;
	int err = -ENOENT, fd;

	for (i = 0; i < ARRAY_SIZE(tracefs_dirs); i++) {
		snprintf(path, sizeof(path), "%s/events", tracefs_dirs[i]);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0) {
			close(fd);
			*out = tracefs_dirs[i];
			return 0;
		}
		if (errno == EACCES)
			err = -EACCES;
	}
	return err;
}

/* Own file system since 4.1; before, and on old systems still, inside debugfs. */
static bool try_tracefs(struct cap *cap)
{
	const char *dir;

	return answer(cap, find_tracefs(&dir), "only root may read it, or CAP_DAC_READ_SEARCH",
		      "not mounted; mount -t tracefs nodev /sys/kernel/tracing");
}

/* 2.6.32. System-wide with records, as a session does it; on one CPU that is surely online. */
static bool try_tracepoints(struct cap *cap)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW,
	};
	char path[96], text[32];
	const char *dir;
	int fd;

	if (!find_tracefs(&dir)) {
		snprintf(path, sizeof(path), "%s/events/sched/sched_process_exit/id", dir);
		if (read_file(path, text, sizeof(text)) > 0)
			attr.config = strtoull(text, NULL, 10);
	}
	if (!attr.config) {
		snprintf(cap->reason, sizeof(cap->reason), "%s",
			 caps_may_trace() ? "they are described in tracefs, which can't be read"
					  : missing_perfmon());
		return false;
	}
	fd = open_event(&attr, -1, sched_getcpu(), 0);
	if (fd >= 0)
		close(fd);
	return answer(cap, fd < 0 ? fd : 0, missing_perfmon(), "not in this kernel");
}

/* 4.1: commit 34f439278cef */
static bool try_clock(struct cap *cap)
{
	struct perf_event_attr attr = dummy_attr();

	attr.use_clockid = 1;
	attr.clockid = CLOCK_MONOTONIC;
	return answer(cap, try_event(&attr), missing_perfmon(),
		      "not in this kernel (4.1 brought it)");
}

/* 6.0: commit 119a784c8127 */
static bool try_lost_count(struct cap *cap)
{
	struct perf_event_attr attr = dummy_attr();

	attr.read_format = PERF_FORMAT_LOST;
	return answer(cap, try_event(&attr), missing_perfmon(),
		      "not in this kernel (6.0 brought it)");
}

/* 3.19: commit 60e2364e60e8; register 0 exists on every architecture that has it. */
static bool try_registers(struct cap *cap)
{
	struct perf_event_attr attr = dummy_attr();

	attr.sample_period = 1;
	attr.sample_type = PERF_SAMPLE_REGS_INTR;
	attr.sample_regs_intr = 1;
	return answer(cap, try_event(&attr), missing_perfmon(), "not on this machine");
}

/* The limit: 2.6.31; CAP_IPC_LOCK or perf_event_paranoid=-1 lift it. */
static bool try_big_rings(struct cap *cap)
{
	struct perf_event_attr attr = dummy_attr();
	size_t size = BIG_RING_BYTES + sysconf(_SC_PAGESIZE);
	int fd = open_event(&attr, 0, -1, 0), err = 0;
	void *ring;

	if (fd < 0)
		return answer(cap, fd, missing_perfmon(), "this kernel has no perf events");
	ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		err = -errno;
	else
		munmap(ring, size);
	close(fd);
	return answer(cap, err,
		      "over kernel.perf_event_mlock_kb and ulimit -l without CAP_IPC_LOCK",
		      "not in this kernel");
}

/* kptr_restrict: 2.6.38; hidden addresses read as zeros, the first symbol may well be at zero. */
static bool try_kernel_symbols(struct cap *cap)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	bool visible = false;
	char line[512];
	int tries = 1000;

	if (!f)
		return answer(cap, -errno, "/proc/kallsyms can't be read", "no /proc/kallsyms");
	while (!visible && tries-- && fgets(line, sizeof(line), f))
		visible = strtoull(line, NULL, 16) != 0;
	fclose(f);
	if (!visible)
		snprintf(cap->reason, sizeof(cap->reason),
			 "addresses are hidden: needs root, or CAP_SYSLOG and "
			 "kernel.kptr_restrict below 2");
	return visible;
}

/* Is @mount a place where perf finds cgroups: the v1 controller's, or the one of v2? */
static bool is_cgroup_mount(const struct mntent *mount)
{
	return !strcmp(mount->mnt_type, "cgroup2") ||
	       (!strcmp(mount->mnt_type, "cgroup") && hasmntopt(mount, "perf_event"));
}

/* v1: 2.6.39; v2: 4.9, where the controller is always on unless v1 has taken it. */
static bool try_cgroups(struct cap *cap)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *mount;
	int err = -ENOENT;

	while (mounts && err && (mount = getmntent(mounts))) {
		struct perf_event_attr attr = dummy_attr();
		int dir, fd;

		if (!is_cgroup_mount(mount))
			continue;
		dir = open(mount->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0) {
			err = -errno;
			continue;
		}
		fd = open_event(&attr, dir, sched_getcpu(), PERF_FLAG_PID_CGROUP);
		err = fd < 0 ? fd : 0;
		if (fd >= 0)
			close(fd);
		close(dir);
	}
	if (mounts)
		endmntent(mounts);
	return answer(cap, err, missing_perfmon(),
		      "no cgroup file system with perf_event is mounted");
}

/*
 * Asks for a probe of something that can't exist: "no such thing" is the answer
 * of a PMU that would set one. Its first check is that of the caller's rights.
 */
static bool try_probe(struct cap *cap, const char *pmu, const char *nowhere, const char *denied)
{
	static const char absent[] = "not in this kernel (4.17 brought it)";
	struct perf_event_attr attr = { .config1 = (unsigned long)nowhere, .exclude_kernel = 1 };
	char path[96], text[32];
	int len, fd;

	snprintf(path, sizeof(path), PMU_DIR "%s/type", pmu);
	len = read_file(path, text, sizeof(text));
	if (len < 0)
		return answer(cap, len, PMU_DIR " can't be read", absent);
	attr.type = atoi(text);
	fd = open_event(&attr, 0, -1, 0);
	if (fd >= 0)
		close(fd);
	return answer(cap, fd >= 0 || fd == -ENOENT ? 0 : fd, denied, absent);
}

/* 4.17: commit e12f03d7031a; needs CONFIG_KPROBE_EVENTS */
static bool try_kprobes(struct cap *cap)
{
	return try_probe(cap, "kprobe", "mwprof_no_such_function", missing_perfmon());
}

/* 4.17: commit 33ea4b24277b; needs CONFIG_UPROBE_EVENTS */
static bool try_uprobes(struct cap *cap)
{
	return try_probe(cap, "uprobe", "/proc/mwprof-no-such-file",
			 "CAP_SYS_ADMIN is missing (or root)");
}

/* 5.4: commit 341dfcf8d78e; needs CONFIG_DEBUG_INFO_BTF */
static bool try_btf(struct cap *cap)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return answer(cap, err, "/sys/kernel/btf/vmlinux can't be read",
		      "not in this kernel (5.4 brought it)");
}

/* Loads "return 1" as a program of @type and lets go of it. */
static bool try_bpf(struct cap *cap, enum bpf_prog_type type)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (unsigned long)program,
		.insn_cnt = ARRAY_SIZE(program),
		.license = (unsigned long)"GPL",
	};
	int fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		return answer(cap, -errno, "CAP_BPF and CAP_PERFMON are missing (or root)",
			      "not in this kernel");
	close(fd);
	return true;
}

/* 4.7: commit 98b5c2c65c29 */
static bool try_bpf_tracepoint(struct cap *cap)
{
	return try_bpf(cap, BPF_PROG_TYPE_TRACEPOINT);
}

/* 4.17: commit c4f6699dfcb8 */
static bool try_bpf_raw_tracepoint(struct cap *cap)
{
	return try_bpf(cap, BPF_PROG_TYPE_RAW_TRACEPOINT);
}

static const struct {
	const char *name, *gives, *without;
	bool (*try)(struct cap *cap);
} rows[CAPS_NR] = {
	[CAPS_PERF] = { "perf", "events at all", "nothing can be traced", try_perf },
	[CAPS_TRACEPOINTS] = { "tracepoints", "kernel events of the whole system",
			       "no profiler that needs them runs", try_tracepoints },
	[CAPS_TRACEFS] = { "tracefs", "names and fields of kernel events",
			   "no kernel event can be named", try_tracefs },
	[CAPS_CLOCK] = { "clock", "time stamps that other logs share",
			 "events can't be put in order with anything else", try_clock },
	[CAPS_LOST_COUNT] = { "lost-count", "an exact count of lost events, to the very last",
			      "events lost at the end of a run stay unseen", try_lost_count },
	[CAPS_BIG_RINGS] = { "big-rings", "rings of 8 MiB, for many events at once",
			     "small rings (-m) only: busy systems lose events", try_big_rings },
	[CAPS_KERNEL_SYMBOLS] = { "kernel-symbols", "names of kernel functions in stacks",
				  "kernel frames are bare addresses", try_kernel_symbols },
	[CAPS_CGROUPS] = { "cgroups", "tracing by cgroup (--cgroups)", "no --cgroups",
			   try_cgroups },
	[CAPS_KPROBES] = { "kprobes", "events on any kernel function",
			   "no kprobe: and kretprobe: events", try_kprobes },
	[CAPS_UPROBES] = { "uprobes", "events on functions of programs and libraries",
			   "no uprobe: and uretprobe: events", try_uprobes },
	[CAPS_REGISTERS] = { "registers", "arguments of probed functions",
			     "probes have no arg1..arg6 and retval", try_registers },
	[CAPS_BTF] = { "btf", "types of the kernel's structures, for BPF",
		       "no matching inside the kernel", try_btf },
	[CAPS_BPF_TRACEPOINT] = { "bpf-tp", "BPF programs on tracepoints",
				  "no matching inside the kernel", try_bpf_tracepoint },
	[CAPS_BPF_RAW_TRACEPOINT] = { "bpf-raw-tp", "BPF programs on raw tracepoints",
				      "matching inside the kernel is slower and may miss events",
				      try_bpf_raw_tracepoint },
};

void caps_probe(enum caps_id id, struct cap *out)
{
	*out = (struct cap){
		.name = rows[id].name,
		.gives = rows[id].gives,
		.without = rows[id].without,
	};
	out->usable = rows[id].try(out);
}

static void explain_permission(const char *what)
{
	int level = paranoid_level();

	if (has_perfmon()) {
		log_error("%s: refused although CAP_PERFMON is there: a container's seccomp "
			  "filter, lockdown or another security module forbids it",
			  what);
		return;
	}
	log_error("%s: not permitted: this process lacks CAP_PERFMON and "
		  "kernel.perf_event_paranoid is %d",
		  what, level);
	log_error("run it as root, or give it the capabilities once: " CAPS_SETCAP);
	log_error("or let every user trace everything: sysctl kernel.perf_event_paranoid=-1");
}

static void explain_descriptors(const char *what)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_NOFILE, &limit);
	log_error("%s: too many open files: every event takes one on every CPU, and the limit "
		  "is %llu",
		  what, (unsigned long long)limit.rlim_cur);
	log_error("raise it (ulimit -n 65536), or trace fewer events or CPUs (-C)");
}

int caps_explain_open(int err, const char *what)
{
	switch (-err) {
	case EACCES:
	case EPERM:
		explain_permission(what);
		break;
	case EMFILE:
	case ENFILE:
		explain_descriptors(what);
		break;
	case ESRCH:
		log_error("%s: the process to be traced has ended", what);
		break;
	case ENOENT:
		log_error("%s: the event is gone: was its module unloaded?", what);
		break;
	case ENODEV:
	case ENXIO:
		log_error("%s: the CPU is offline, or this machine has no such event", what);
		break;
	case EOPNOTSUPP:
		log_error("%s: this kernel or machine can't do it; mwprof caps shows what it can",
			  what);
		break;
	case ENOSPC:
	case EBUSY:
		log_error("%s: others have taken all there is of this event", what);
		break;
	case EINVAL:
	case E2BIG:
		log_error("%s: this kernel does not know what was asked of it; "
			  "mwprof caps shows what it can",
			  what);
		break;
	default:
		log_error("%s: %s", what, strerror(-err));
	}
	return err;
}
