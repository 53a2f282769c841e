// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the command line's first word, and the only exit
 *
 * Finds the profiler or command and hands over; what it answers is the exit
 * status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/cmd.h"
#include "core/profilers.h"
#include "core/report_sink.h"
#include "core/session.h"
#include "expr/expr.h"
#include "mwprof/log.h"

#ifndef MWPROF_VERSION
#define MWPROF_VERSION "unknown"
#endif

static void print_usage(FILE *out)
{
	fputs("usage: mwprof PROFILER [options] [-- COMMAND...]\n"
	      "       mwprof COMMAND ...\n"
	      "\nprofilers:\n",
	      out);
	for (unsigned int i = 0; profilers[i]; i++)
		fprintf(out, "  %-10s %s\n", profilers[i]->name, profilers[i]->summary);
	fputs("\ncommands:\n", out);
	for (unsigned int i = 0; commands[i].name; i++)
		if (!commands[i].hidden)
			fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\n'mwprof PROFILER --help' shows a profiler's options;\n"
	      "'mwprof --version' and 'mwprof --json-schema' say what their names say.\n",
	      out);
}

/* Whatever is opened later must not become stdin, stdout or stderr. */
static void reserve_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int unknown_command(const char *word)
{
	const char *names[64];
	unsigned int nr = 0;
	int nearest;

	for (unsigned int i = 0; profilers[i] && nr < 32; i++)
		names[nr++] = profilers[i]->name;
	for (unsigned int i = 0; commands[i].name && nr < 64; i++)
		if (!commands[i].hidden)
			names[nr++] = commands[i].name;
	nearest = expr_nearest(word, strlen(word), names, nr, sizeof(*names));
	if (nearest >= 0)
		log_error("no profiler or command '%s'; did you mean %s?", word, names[nearest]);
	else
		log_error("no profiler or command '%s'; 'mwprof --help' lists them", word);
	return EXIT_USAGE;
}

static int run(int argc, char **argv)
{
	const struct profiler *profiler;

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_usage(stdout);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("mwprof %s\n", MWPROF_VERSION);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--json-schema")) {
		fputs(report_json_schema, stdout);
		return EXIT_OK;
	}
	profiler = profiler_find(argv[1]);
	if (profiler)
		return cmd_run(profiler, argc - 1, argv + 1);
	for (unsigned int i = 0; commands[i].name; i++)
		if (!strcmp(commands[i].name, argv[1]))
			return commands[i].run(argc - 1, argv + 1);
	return unknown_command(argv[1]);
}

/*
 * What was printed is only buffered: a full disk shows now. After a failure something has been
 * said already; "| head" ends us by SIGPIPE before we come here.
 */
static int finish_stdout(int status)
{
	int err = 0;

	if (fflush(stdout))
		err = errno;
	else if (ferror(stdout))
		err = EIO; /* an earlier write; nobody has kept its reason */
	if (!err || status != EXIT_OK)
		return status;
	log_error("cannot write to stdout: %s", strerror(err));
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	reserve_standard_fds();
	return finish_stdout(run(argc, argv));
}
