// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring.c - one perf ring buffer: places, the end of the buffer, sizes that cannot be
 */
#include <sys/mman.h>
#include "tests/unit/engine_test.h"

#define SIZE 4096

/* A record of @size bytes whose every byte tells where it belongs. */
static void record_make(char *out, size_t size, unsigned int salt)
{
	struct perf_event_header header = { .type = PERF_RECORD_SAMPLE, .size = size };

	memcpy(out, &header, sizeof(header));
	for (size_t i = sizeof(header); i < size; i++)
		out[i] = i * 7 + salt;
}

static bool in_place(const struct test_ring *t, const void *record)
{
	const char *at = record;

	return at >= test_ring_at(t, 0) && at < test_ring_at(t, 0) + t->size;
}

static void a_record_is_read_where_the_kernel_wrote_it(void **state)
{
	const struct perf_event_header *record;
	struct test_ring t;
	char bytes[64];

	(void)state;
	test_ring_new(&t, SIZE, 0);
	assert_int_equal(ring_head(&t.ring), 0);
	for (unsigned int i = 0; i < SIZE / 64; i++) {
		record_make(bytes, 64, i);
		assert_true(test_ring_put(&t, bytes, 64));
		assert_int_equal(ring_head(&t.ring), 64 * (i + 1));
	}
	for (unsigned int i = 0; i < SIZE / 64; i++) {
		record_make(bytes, 64, i);
		record = ring_record(&t.ring, 64 * i, SIZE);
		assert_ptr_equal(record, test_ring_at(&t, 64 * i));
		assert_memory_equal(record, bytes, 64);
	}
	test_ring_free(&t);
}

static void a_record_that_goes_round_the_end_is_whole_at_every_split(void **state)
{
	static const size_t sizes[] = { 16, 24, 40, 104, 2048, 4088, 4096 };
	static char bytes[SIZE];
	const struct perf_event_header *record;
	struct test_ring t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		/* @before: bytes of it in front of the buffer's end; all of them: it does not wrap. */
		for (size_t before = 8; before <= sizes[i]; before += 8) {
			__u64 pos = (1ULL << 40) + SIZE - before;

			test_ring_new(&t, SIZE, pos);
			record_make(bytes, sizes[i], before);
			assert_true(test_ring_put(&t, bytes, sizes[i]));
			record = ring_record(&t.ring, pos, ring_head(&t.ring));
			assert_non_null(record);
			assert_memory_equal(record, bytes, sizes[i]);
			assert_int_equal(in_place(&t, record), before == sizes[i]);
			test_ring_free(&t);
		}
	}
}

static void the_largest_record_there_can_be_may_wrap(void **state)
{
	const size_t size = 65528; /* of 16 bits, the last multiple of 8 */
	char *bytes = malloc(size);
	const struct perf_event_header *record;
	struct test_ring t;

	(void)state;
	test_ring_new(&t, 2 * 65536, 2 * 65536 - 8);
	record_make(bytes, size, 3);
	assert_true(test_ring_put(&t, bytes, size));
	record = ring_record(&t.ring, 2 * 65536 - 8, ring_head(&t.ring));
	assert_non_null(record);
	assert_memory_equal(record, bytes, size);
	free(bytes);
	test_ring_free(&t);
}

static void what_has_an_impossible_size_is_no_record(void **state)
{
	static const __u16 bad[] = { 0, 1, 4, 7, 9, 12, 60, 65535 };
	struct perf_event_header *header;
	struct test_ring t;
	char bytes[64];

	(void)state;
	test_ring_new(&t, SIZE, SIZE - 32);
	record_make(bytes, 64, 0);
	assert_true(test_ring_put(&t, bytes, 64));
	header = (void *)test_ring_at(&t, SIZE - 32);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		header->size = bad[i];
		assert_null(ring_record(&t.ring, SIZE - 32, SIZE + 32));
	}
	header->size = 8; /* a header alone is one */
	assert_ptr_equal(ring_record(&t.ring, SIZE - 32, SIZE + 32), header);
	test_ring_free(&t);
}

static void a_record_must_end_before_the_limit_and_fit_the_ring(void **state)
{
	struct perf_event_header *header;
	struct test_ring t;
	char bytes[64];

	(void)state;
	test_ring_new(&t, SIZE, 0);
	record_make(bytes, 64, 0);
	assert_true(test_ring_put(&t, bytes, 64));
	assert_non_null(ring_record(&t.ring, 0, 64));
	assert_null(ring_record(&t.ring, 0, 56));
	assert_null(ring_record(&t.ring, 0, 8));
	assert_null(ring_record(&t.ring, 0, 0));
	header = (void *)test_ring_at(&t, 0);
	header->size = SIZE;
	assert_non_null(ring_record(&t.ring, 0, SIZE));
	header->size = SIZE + 8; /* a limit that lies does not help */
	assert_null(ring_record(&t.ring, 0, 2 * SIZE));
	test_ring_free(&t);
}

static void a_release_publishes_the_tail_and_only_when_it_moves(void **state)
{
	struct perf_event_mmap_page *page;
	struct test_ring t;

	(void)state;
	test_ring_new(&t, SIZE, 64);
	page = (void *)t.memory;
	page->data_head = 256;
	ring_release(&t.ring, 128);
	assert_int_equal(page->data_tail, 128);
	page->data_tail = 77; /* were it stored again, this would go */
	ring_release(&t.ring, 128);
	assert_int_equal(page->data_tail, 77);
	ring_release(&t.ring, 256);
	assert_int_equal(page->data_tail, 256);
	test_ring_free(&t);
}

static void a_ring_goes_on_from_the_tail_it_finds(void **state)
{
	struct perf_event_mmap_page *page;
	struct test_ring t;

	(void)state;
	test_ring_new(&t, SIZE, 4096 + 640);
	page = (void *)t.memory;
	assert_int_equal(t.ring.released, 4096 + 640);
	ring_release(&t.ring, 4096 + 640);
	assert_int_equal(page->data_tail, 4096 + 640);
	test_ring_free(&t);
}

/* Any file serves: what is mapped is the mapping's business. */
static void a_file_is_mapped_with_its_control_page_and_unmapped(void **state)
{
	size_t page_bytes = sysconf(_SC_PAGESIZE);
	int fd = memfd_create("ring", MFD_CLOEXEC);
	struct ring ring = { 0 };
	unsigned char there;
	void *memory;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 5 * page_bytes), 0);
	assert_int_equal(ring_map(&ring, fd, 4), 0);
	assert_int_equal(ring.size, 4 * page_bytes);
	memory = ring.page;
	assert_ptr_equal(ring.data, (char *)memory + page_bytes);
	ring_release(&ring, 64);
	close(fd);
	assert_int_equal(mincore(memory, page_bytes, &there), 0);
	ring_fini(&ring);
	assert_int_equal(mincore(memory, page_bytes, &there), -1);
	ring_fini(&ring); /* twice is once */
	assert_int_equal(ring_map(&ring, -1, 4), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_read_where_the_kernel_wrote_it),
		cmocka_unit_test(a_record_that_goes_round_the_end_is_whole_at_every_split),
		cmocka_unit_test(the_largest_record_there_can_be_may_wrap),
		cmocka_unit_test(what_has_an_impossible_size_is_no_record),
		cmocka_unit_test(a_record_must_end_before_the_limit_and_fit_the_ring),
		cmocka_unit_test(a_release_publishes_the_tail_and_only_when_it_moves),
		cmocka_unit_test(a_ring_goes_on_from_the_tail_it_finds),
		cmocka_unit_test(a_file_is_mapped_with_its_control_page_and_unmapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
