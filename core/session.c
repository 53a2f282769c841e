// SPDX-License-Identifier: GPL-2.0-only
/*
 * session.c - one run, set up and torn down
 *
 * Everything that can fail is done before the first event, in the order in which a
 * user would want to hear of it: the command line, the specs, the kernel's
 * formats, the targets, the perf events. Teardown is the reverse and takes any
 * half-made state. cmd_run.c calls session_run() once.
 */
#include "core/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/frames.h"
#include "core/perf.h"
#include "core/symbol.h"
#include "core/task.h"

/* Distinct stacks are few; what does not fit is counted, its bytes stay in the sums. */
#define MAX_STACK_BYTES (1ULL << 30)

int session_tracefs(struct session *s)
{
	if (s->tracefs)
		return 0;
	return tracefs_new(&s->tracefs);
}

int session_add_list(struct session *s, unsigned int role, const char *text)
{
	struct spec_list **lists = realloc(s->lists, (s->nr_lists + 1) * sizeof(*lists));
	unsigned int *roles;
	struct spec_error error = { 0 };
	char option[64];
	int err;

	if (!lists)
		return -ENOMEM;
	s->lists = lists;
	roles = realloc(s->list_roles, (s->nr_lists + 1) * sizeof(*roles));
	if (!roles)
		return -ENOMEM;
	s->list_roles = roles;
	err = spec_list_new(&lists[s->nr_lists], text, &error);
	if (err == -EINVAL) {
		snprintf(option, sizeof(option), "--%s", s->prof.ops->roles[role].name);
		caret_print(option, text, error.at, error.len, error.message, error.hint);
	}
	if (!err)
		roles[s->nr_lists++] = role;
	return err;
}

static bool role_given(const struct session *s, unsigned int role)
{
	for (size_t i = 0; i < s->nr_lists; i++)
		if (s->list_roles[i] == role)
			return true;
	return false;
}

static int check_roles(const struct session *s)
{
	const struct role *roles = s->prof.ops->roles;

	for (unsigned int i = 0; roles && roles[i].name; i++) {
		if (!(roles[i].flags & ROLE_REQUIRED) || role_given(s, i))
			continue;
		log_error("%s needs --%s EVENT[,EVENT...]: %s", s->prof.ops->name, roles[i].name,
			  roles[i].help);
		log_error("try 'mwprof %s --help'", s->prof.ops->name);
		return -EINVAL;
	}
	return 0;
}

static int bind_lists(struct session *s)
{
	int err = session_tracefs(s);

	if (err)
		return err == -EINVAL ? -EIO : err;
	s->binding.tracefs = s->tracefs;
	s->binding.session = s;
	s->binding.stacks = s->options->call_graph != CALL_GRAPH_NONE;
	for (size_t i = 0; !err && i < s->nr_lists; i++)
		err = binding_add(&s->binding, &s->prof.ops->roles[s->list_roles[i]],
				  s->list_roles[i], s->lists[i]);
	s->prof.specs = s->binding.specs;
	s->prof.nr_specs = s->binding.nr;
	for (unsigned int i = 0; !err && i < s->binding.nr; i++)
		log_debug("event %s: tracepoint %llu, %s", s->binding.specs[i].label,
			  s->binding.specs[i].format->id,
			  s->binding.specs[i].stack ? "with stacks" : "without stacks");
	return err;
}

static int set_up_specs(struct session *s, char *const *role_lists)
{
	const struct profiler *ops = s->prof.ops;
	int err = 0;

	for (unsigned int i = 0; !err && ops->roles && ops->roles[i].name; i++)
		if (role_lists[i])
			err = session_add_list(s, i, role_lists[i]);
	if (!err && ops->setup)
		err = ops->setup(&s->prof);
	if (!err)
		err = check_roles(s);
	if (!err)
		err = bind_lists(s);
	return err;
}

static const char *find_comm(void *ctx, const struct event *ev)
{
	struct session *s = ctx;

	return tasks_comm_name(s->tasks, tasks_comm_of(s->tasks, ev->pid, ev->tid));
}

static const char *find_symbol(void *ctx, __u64 addr, __u64 *start)
{
	struct session *s = ctx;
	struct symbol symbol;

	if (!symbol_find(s->symbols, addr, &symbol))
		return NULL;
	*start = addr - symbol.offset;
	return symbol.name;
}

static int set_up_names(struct session *s)
{
	int err = stack_table_new(&s->stacks, MAX_STACK_BYTES);

	if (!err)
		err = tasks_new(&s->tasks);
	if (!err)
		err = frames_new(&s->frames, s->stacks, s->tasks);
	if (!err)
		err = symbols_new(&s->symbols, NULL);
	s->prof.stacks = s->stacks;
	s->names = (struct report_names){
		.symbols = s->symbols,
		.tasks = s->tasks,
		.stacks = s->stacks,
		.frames = s->frames,
	};
	session_init_host(s);
	return err;
}

/* The stream of the report: -o FILE, or stdout if somebody holds its other end. */
static int open_output(const struct session *s, FILE **out)
{
	const char *path = s->options->output;

	*out = stdout;
	if (!path) {
		/* main() has put a read-only /dev/null where stdout was closed. */
		if ((fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) != O_RDONLY)
			return 0;
		log_error("stdout is closed: nowhere to print the report; -o FILE writes it to a "
			  "file");
		return -EBADF;
	}
	*out = fopen(path, "we");
	if (*out)
		return 0;
	log_error("-o: cannot write '%s': %s", path, strerror(errno));
	return -EIO;
}

static int set_up_report(struct session *s)
{
	struct report_sink *sink;
	FILE *out;
	int err = open_output(s, &out);

	if (err)
		return err;
	err = report_new(&s->report);
	if (!err && s->options->format == FORMAT_JSON)
		err = report_json_new(&sink, &s->names, out);
	else if (!err)
		err = report_text_new(&sink, &s->names, out);
	if (err) {
		if (out != stdout)
			fclose(out);
		return err;
	}
	report_add_sink(s->report, sink);
	report_set_comm(s->report, find_comm, s);
	return 0;
}

static int set_up_target(struct session *s)
{
	struct target_text text = s->options->targets;
	int err;

	text.no_inherit = !s->options->inherit;
	err = target_init(&s->target, &text);

	if (err || !s->command)
		return err;
	err = workload_start(&s->workload, s->command);
	if (err) {
		log_error("cannot start a child for '%s': %s", s->command[0], strerror(-err));
		return err;
	}
	if (s->options->all_cpus || target_is_narrow(&s->target))
		return 0; /* the command runs beside what is traced */
	return target_add_task(&s->target, s->workload.pid);
}

static bool takes_stacks(const struct binding *b)
{
	for (unsigned int i = 0; i < b->nr; i++)
		if (b->specs[i].stack)
			return true;
	return false;
}

static int set_up_source(struct session *s)
{
	struct perf_options options = {
		.ring_pages = s->options->ring_pages,
		.comms = s->prof.comms || s->binding.comms,
		.maps = takes_stacks(&s->binding),
		.held = s->options->all_cpus || s->target.nr_watched || s->target.nr_cgroups
				? 0
				: s->workload.pid,
		.no_format_lost = !s->options->format_lost,
	};
	struct source_events events = {
		.event = session_event,
		.lost = session_lost,
		.ctx = s,
	};

	return perf_source_new(&s->source, &s->binding, &s->target, s->tasks, &options, &events);
}

static int set_up(struct session *s, char *const *role_lists)
{
	/* First of all: a SIGUSR1 that comes too early waits for its turn. */
	int err = session_signals(s);

	if (!err)
		err = set_up_names(s);
	if (!err)
		err = set_up_specs(s, role_lists);
	if (!err)
		err = set_up_report(s);
	if (!err && s->prof.ops->init)
		err = s->prof.ops->init(&s->prof);
	if (!err) {
		tracefs_set_symbol(s->tracefs, find_symbol, s);
		err = set_up_target(s);
	}
	if (!err)
		err = set_up_source(s);
	return err;
}

/* No event comes any more, so nobody uses what goes; the report last, it holds what was written. */
static void tear_down(struct session *s)
{
	if (s->source)
		s->source->ops->free(s->source);
	workload_end(&s->workload);
	if (s->prof.state && s->prof.ops->fini)
		s->prof.ops->fini(&s->prof);
	report_free(s->report);
	binding_fini(&s->binding);
	target_fini(&s->target);
	for (size_t i = 0; i < s->nr_lists; i++)
		spec_list_free(s->lists[i]);
	free(s->lists);
	free(s->list_roles);
	tracefs_free(s->tracefs);
	symbols_free(s->symbols);
	frames_free(s->frames);
	tasks_free(s->tasks);
	stack_table_free(s->stacks);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	free(s->prof.state);
}

static int exit_status(const struct session *s, int err)
{
	if (s->workload.failed_to_run)
		return workload_exit_code(&s->workload);
	if (err == -EINVAL)
		return EXIT_USAGE;
	if (err || s->failed || s->failed_early)
		return EXIT_FAILED;
	/* Its own end, not one that we have brought about. */
	if (s->workload.pid && s->winding_down && workload_exit_code(&s->workload))
		return workload_exit_code(&s->workload);
	if (s->options->strict && ledger_losses(&s->ledger))
		return EXIT_LOST;
	return EXIT_OK;
}

int session_run(const struct profiler *ops, void *prof_options, const struct core_options *options,
		char *const *role_lists, char **command)
{
	struct session s = {
		.prof = { .ops = ops, .options = prof_options },
		.options = options,
		.command = command,
		.epoll_fd = -1,
		.signal_fd = -1,
		.workload = { .release_fd = -1, .failed_fd = -1 },
		.ledger = { .own_rows = ops->ledger },
	};
	int err = 0, status;

	s.prof.session = &s;
	s.prof.state = calloc(1, ops->state_size ? ops->state_size : 1);
	if (!s.prof.state)
		err = -ENOMEM;
	if (!err)
		err = set_up(&s, role_lists);
	if (!err)
		err = session_loop(&s);
	if (err == -ENOMEM)
		log_error("out of memory");
	workload_end(&s.workload);
	status = exit_status(&s, err);
	tear_down(&s);
	return status;
}
