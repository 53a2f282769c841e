// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_spec.c - any text at all as an event list
 *
 * What must hold whatever the text: every piece is a stretch of the text, where
 * it says it stands; an error points into the text and says something; a list
 * that is accepted has events with names.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_text(const struct spec_list *list, const struct spec_text *t)
{
	if (!t->text)
		return;
	check(t->len == strlen(t->text));
	check(t->at + t->len <= strlen(list->text));
	check(!memcmp(list->text + t->at, t->text, t->len));
}

static void check_spec(const struct spec_list *list, const struct spec *spec)
{
	size_t i;

	check(spec->name.len && spec->event.len && spec->whole.len >= spec->name.len);
	check(!spec->filter.text || spec->filter.len);
	check_text(list, &spec->whole);
	check_text(list, &spec->name);
	check_text(list, &spec->sys);
	check_text(list, &spec->event);
	check_text(list, &spec->file);
	check_text(list, &spec->filter);
	for (i = 0; i < spec->nr_attrs; i++) {
		check(spec->attrs[i].name.len);
		check(!spec->attrs[i].value.text || spec->attrs[i].value.len);
		check_text(list, &spec->attrs[i].name);
		check_text(list, &spec->attrs[i].value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spec_list *list = NULL;
	struct spec_error err;
	char *text = malloc(size + 1);
	size_t i;

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	memset(&err, 0xff, sizeof(err));
	if (spec_list_new(&list, text, &err)) {
		check(err.at + err.len <= strlen(text));
		check(memchr(err.message, 0, sizeof(err.message)) && err.message[0]);
		check(memchr(err.hint, 0, sizeof(err.hint)));
	} else {
		check(!strcmp(list->text, text) && list->nr);
		for (i = 0; i < list->nr; i++)
			check_spec(list, &list->specs[i]);
	}
	spec_list_free(list);
	free(text);
	return 0;
}
