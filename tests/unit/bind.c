// SPDX-License-Identifier: GPL-2.0-only
/*
 * bind.c - event lists meet the formats of several kernels: fields, defaults, filters, carets
 */
#include "core/bind.h"
#include "core/session.h"
#include "tests/unit/engine_test.h"

static const char *const kernels[] = { "5.10.0-46-cloud-amd64", "6.1.0-56-cloud-amd64",
				       "6.12.117+deb12-cloud-amd64", "7.3.4+deb13-cloud-amd64",
				       HOST };

enum { PTR, SIZE, SITE, SHOWN };

static const struct role_attr alloc_attrs[] = {
	[PTR] = { "ptr", ATTR_REQUIRED, "ptr", "ptr= is the address" },
	[SIZE] = { "size", 0, "bytes_alloc", "size= is the size" },
	[SITE] = { "site", ATTR_HIDDEN, "call_site", "site= is the caller" },
	[SHOWN] = { "shown", ATTR_DISPLAY, NULL, "shown= is to be shown" },
	{ 0 },
};
static const struct role alloc_role = { "alloc", 0, "", alloc_attrs, ROLE_STACK };
static const struct role free_role = { "free", 0, "", alloc_attrs, ROLE_ANYWHERE | ROLE_ENDS };

static const struct role once_role = { "once", 0, "", alloc_attrs, ROLE_ONCE };

struct world {
	struct session session;
	struct tracefs *tracefs;
	struct binding binding;
	struct heard heard;
};

static void world_new(struct world *w, const char *kernel)
{
	*w = (struct world){ 0 };
	assert_int_equal(tracefs_new_empty(&w->tracefs), 0);
	add_format(w->tracefs, kernel, "kmem", "kmalloc");
	add_format(w->tracefs, kernel, "kmem", "kfree");
	add_format(w->tracefs, kernel, "kmem", "mm_page_alloc");
	add_format(w->tracefs, kernel, "percpu", "percpu_alloc_percpu");
	add_format(w->tracefs, kernel, "sched", "sched_switch");
	w->binding.tracefs = w->tracefs;
	w->binding.session = &w->session;
}

static void world_free(struct world *w)
{
	binding_fini(&w->binding);
	binding_fini(&w->binding); /* twice is once */
	tracefs_free(w->tracefs);
}

static int bind(struct world *w, const struct role *role, const char *text)
{
	unsigned int index = role == &free_role ? 1 : role == &once_role ? 2 : 0;
	struct spec_error error;
	struct spec_list *list;
	int err;

	assert_int_equal(spec_list_new(&list, text, &error), 0);
	hear(&w->heard);
	err = binding_add(&w->binding, role, index, list);
	hear_end(&w->heard);
	spec_list_free(list);
	return err;
}

/* What the user gave is at fault, and the message says @what. */
static void refused(const char *text, const char *what)
{
	struct world w;

	world_new(&w, HOST);
	assert_int_equal(bind(&w, &alloc_role, text), -EINVAL);
	if (!strstr(w.heard.text, what))
		fail_msg("%s: no '%s' in: %s", text, what, w.heard.text);
	world_free(&w);
}

static void is_field(const struct event_spec *spec, unsigned int i, const char *name)
{
	const struct expr_field *field = event_format_field(spec->format, name);
	const struct event_attr *attr = &spec->attr[i];

	assert_non_null(field);
	assert_int_equal(attr->kind, ATTR_FIELD);
	assert_string_equal(attr->field, name);
	assert_int_equal(attr->offset, field->offset);
	assert_int_equal(attr->size, field->size);
	assert_int_equal(attr->is_signed, field->is_signed);
}

static void what_is_not_given_is_taken_from_the_usual_fields_of_every_kernel(void **state)
{
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		world_new(&w, kernels[i]);
		assert_int_equal(bind(&w, &alloc_role, "kmem:kmalloc"), 0);
		assert_int_equal(bind(&w, &free_role, "kmem:kfree"), 0);
		assert_int_equal(w.binding.nr, 2);
		is_field(&w.binding.specs[0], PTR, "ptr");
		is_field(&w.binding.specs[0], SIZE, "bytes_alloc");
		is_field(&w.binding.specs[0], SITE, "call_site");
		assert_int_equal(w.binding.specs[0].attr[SHOWN].kind, ATTR_NONE);
		/* A record must reach to the end of its last plain attribute. */
		assert_int_equal(w.binding.bounds[0].raw_min, 40);
		is_field(&w.binding.specs[1], PTR, "ptr");
		assert_int_equal(w.binding.specs[1].attr[SIZE].kind, ATTR_NONE);
		assert_int_equal(w.binding.bounds[1].raw_min, 24);
		assert_string_equal(w.binding.specs[0].label, "kmem:kmalloc");
		assert_int_equal(w.binding.specs[1].index, 1);
		assert_int_equal(w.binding.specs[1].role, 1);
		assert_false(w.binding.bounds[0].ends || w.binding.bounds[0].anywhere);
		assert_true(w.binding.bounds[1].ends && w.binding.bounds[1].anywhere);
		world_free(&w);
	}
}

static void what_is_given_wins_over_the_usual_field(void **state)
{
	const struct event_attr *attr;
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		world_new(&w, kernels[i]);
		assert_int_equal(bind(&w, &alloc_role,
				      "kmem:kmalloc//ptr=call_site/size=bytes_req/,"
				      "kmem:mm_page_alloc//ptr=pfn/size=4096<<order/"),
				 0);
		is_field(&w.binding.specs[0], PTR, "call_site");
		is_field(&w.binding.specs[0], SIZE, "bytes_req");
		is_field(&w.binding.specs[1], PTR, "pfn");
		attr = &w.binding.specs[1].attr[SIZE];
		assert_int_equal(attr->kind, ATTR_CODE);
		assert_non_null(attr->code);
		world_free(&w);
	}
}

static void values_are_read_with_the_width_and_sign_of_the_field(void **state)
{
	char raw[128] = "";
	struct event ev;
	struct world w;

	(void)state;
	world_new(&w, HOST);
	assert_int_equal(bind(&w, &alloc_role,
			      "sched:sched_switch//ptr=prev_pid/size=prev_prio+1/site=common_type/"
			      "shown=prev_comm/"),
			 0);
	memset(raw, 0, sizeof(raw));
	ev = (struct event){ .spec = w.binding.specs, .raw = raw, .raw_size = sizeof(raw) };
	memcpy(raw, &(__u16){ 0xfff0 }, 2);
	memcpy(raw + event_format_field(ev.spec->format, "prev_comm")->offset, "a name", 7);
	memcpy(raw + event_format_field(ev.spec->format, "prev_pid")->offset, &(int){ -2 }, 4);
	memcpy(raw + event_format_field(ev.spec->format, "prev_prio")->offset, &(int){ 119 }, 4);
	assert_int_equal(event_value(&ev, PTR), (__u64)-2);
	assert_int_equal(event_value(&ev, SIZE), 120);
	assert_int_equal(event_value(&ev, SITE), 0xfff0);
	assert_string_equal(event_format_attr(&ev, SHOWN, (char[32]){ 0 }, 32), "a name");
	world_free(&w);
}

static void stacks_are_for_roles_that_take_them(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, HOST);
	assert_int_equal(bind(&w, &alloc_role, "kmem:kmalloc,kmem:kmalloc//stack/max-stack=7/"), 0);
	assert_int_equal(bind(&w, &free_role, "kmem:kfree//stack/"), 0);
	assert_false(w.binding.specs[0].stack);
	assert_true(w.binding.specs[1].stack);
	assert_int_equal(w.binding.bounds[0].max_stack, 0);
	assert_int_equal(w.binding.bounds[1].max_stack, 7);
	assert_false(w.binding.specs[2].stack);
	w.binding.stacks = true; /* -g */
	assert_int_equal(bind(&w, &alloc_role, "kmem:kmalloc"), 0);
	assert_int_equal(bind(&w, &free_role, "kmem:kfree"), 0);
	assert_true(w.binding.specs[3].stack);
	assert_false(w.binding.specs[4].stack);
	world_free(&w);
}

static void an_event_can_have_another_name_and_its_own_cpus(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, HOST);
	assert_int_equal(bind(&w, &alloc_role, "kmem:kmalloc//alias=mine/cpus=0-1/"), 0);
	assert_string_equal(w.binding.specs[0].label, "mine");
	assert_string_equal(w.binding.specs[0].name, "kmalloc");
	assert_int_equal(w.binding.bounds[0].nr_cpus, 2);
	assert_int_equal(w.binding.bounds[0].cpus[1], 1);
	world_free(&w);
}

static void an_event_of_a_role_that_counts_it_once_is_refused_a_second_time(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, HOST);
	assert_int_equal(bind(&w, &once_role, "kmem:kmalloc,kmem:kfree,kmem:kmalloc/ptr!=0/"),
			 -EINVAL);
	assert_non_null(strstr(w.heard.text, "kmem:kmalloc is named twice"));
	assert_non_null(strstr(w.heard.text, "\n                            ^~~"));
	world_free(&w);
	/* In another list, too; not in another role. */
	world_new(&w, HOST);
	assert_int_equal(bind(&w, &alloc_role, "kmem:kmalloc"), 0);
	assert_int_equal(bind(&w, &once_role, "kmem:kmalloc"), 0);
	assert_int_equal(bind(&w, &alloc_role, "kmem:kmalloc"), 0);
	assert_int_equal(w.binding.nr, 3);
	assert_int_equal(bind(&w, &once_role, "kmem:kmalloc"), -EINVAL);
	assert_int_equal(w.binding.nr, 3);
	world_free(&w);
}

/* Over the running kernel: formats alone have no names to match. */
static void of_a_wildcard_and_the_same_event_the_first_counts(void **state)
{
	struct world w = { 0 };

	(void)state;
	hear(&w.heard);
	if (tracefs_new(&w.tracefs)) {
		hear_end(&w.heard);
		skip();
	}
	hear_end(&w.heard);
	w.binding.tracefs = w.tracefs;
	assert_int_equal(bind(&w, &once_role, "kmem:kmallo[c]//size=1/,kmem:kmall*c,kmem:kmalloc"),
			 0);
	assert_int_equal(w.binding.nr, 1);
	assert_true(w.binding.bounds[0].from_wildcard);
	assert_non_null(strstr(w.heard.text, "'kmem:kmalloc' adds nothing"));
	binding_fini(&w.binding);
	assert_int_equal(bind(&w, &once_role, "kmem:kmalloc,kmem:kmall*c"), 0);
	assert_int_equal(w.binding.nr, 1);
	assert_false(w.binding.bounds[0].from_wildcard);
	world_free(&w);
}

static void a_filter_goes_to_the_kernel_or_says_why_it_stays(void **state)
{
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		world_new(&w, kernels[i]);
		assert_int_equal(bind(&w, &alloc_role,
				      "kmem:kmalloc,kmem:kmalloc/bytes_req>64/,"
				      "kmem:kmalloc/bytes_req+1>64/"),
				 0);
		assert_null(w.binding.bounds[0].filter);
		assert_null(w.binding.bounds[0].kernel_filter);
		assert_false(w.binding.bounds[0].filter_here);
		assert_non_null(w.binding.bounds[1].kernel_filter);
		assert_false(w.binding.bounds[1].filter_here);
		assert_null(w.binding.bounds[2].kernel_filter);
		assert_true(w.binding.bounds[2].filter_here);
		assert_true(*w.binding.bounds[2].why_here);
		world_free(&w);
	}
}

static void what_does_not_fit_is_an_error_under_its_place(void **state)
{
	(void)state;
	refused("kmem:mm_page_alloc", "needs ptr=");
	refused("kmem:kmaloc", "no tracepoint 'kmem:kmaloc'");
	refused("kmem:kmalloc//ptr=prt/", "prt");
	refused("kmem:kmalloc//ptr=prt/", "^~~");
	refused("kmem:kmalloc//sze=bytes_req/", "did you mean size?");
	refused("kmem:kmalloc//sze=bytes_req/", "attributes here: ptr size shown stack");
	refused("kmem:kmalloc//ptr/", "this attribute needs a value");
	refused("kmem:kmalloc//stack=3/", "stack takes no value");
	refused("kmem:kmalloc//max-stack=0/", "from 1 to 127");
	refused("kmem:kmalloc//max-stack=128/", "from 1 to 127");
	refused("kmem:kmalloc//max-stack/", "this attribute needs a value");
	refused("kmem:kmalloc//cpus=a/", "not a list of CPUs");
	refused("kmem:kmalloc//cpus=99998-99999/", "none of these CPUs is online");
	refused("kmem:kmalloc/bytes_aloc>1/", "did you mean bytes_alloc?");
	refused("kmem:kmalloc/bytes_alloc>/", "^");
	refused("kmem:kmalloc//ptr=*(long *)ptr/", "only run inside the kernel");
	refused("kmem:kmalloc//ptr=\"text\"/", "^");
	refused("sched:sched_switch//ptr=prev_comm/", "^");
	refused("kmem:kmalloc,kmem:kmalloc//ptr=no/", "^~");
}

/* The first of a list is bound when the second is not: teardown knows. */
static void a_half_bound_list_is_taken_down(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, HOST);
	assert_int_equal(bind(&w, &alloc_role, "kmem:kmalloc//alias=a/cpus=0/,kmem:kfree/nothing/"),
			 -EINVAL);
	assert_int_equal(w.binding.nr, 2);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_given_is_taken_from_the_usual_fields_of_every_kernel),
		cmocka_unit_test(what_is_given_wins_over_the_usual_field),
		cmocka_unit_test(values_are_read_with_the_width_and_sign_of_the_field),
		cmocka_unit_test(stacks_are_for_roles_that_take_them),
		cmocka_unit_test(an_event_can_have_another_name_and_its_own_cpus),
		cmocka_unit_test(an_event_of_a_role_that_counts_it_once_is_refused_a_second_time),
		cmocka_unit_test(of_a_wildcard_and_the_same_event_the_first_counts),
		cmocka_unit_test(a_filter_goes_to_the_kernel_or_says_why_it_stays),
		cmocka_unit_test(what_does_not_fit_is_an_error_under_its_place),
		cmocka_unit_test(a_half_bound_list_is_taken_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
