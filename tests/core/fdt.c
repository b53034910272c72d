/* Flattened device trees: tables, texts, and the first thing that is wrong.
 */
#include "tests/model.h"

#include "core/fdt.h"

#include <string.h>

/* A tree with the property a = "one\0two" in the root, a subnode s with b = <7>
 * and one late property. */
static const uint8_t tree[] =
	"\xd0\x0d\xfe\xed" "\0\0\0\x98" "\0\0\0\x38" "\0\0\0\x94"
	"\0\0\0\x28" "\0\0\0\x11" "\0\0\0\x10" "\0\0\0\0" "\0\0\0\x04"
	"\0\0\0\x5c"
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	"\0\0\0\x01" "\0\0\0\0"
	"\0\0\0\x03" "\0\0\0\x08" "\0\0\0\0" "one\0two\0"
	"\0\0\0\x01" "s\0\0\0"
	"\0\0\0\x03" "\0\0\0\x04" "\0\0\0\x02" "\0\0\0\x07"
	"\0\0\0\x02"
	"\0\0\0\x04"
	"\0\0\0\x03" "\0\0\0\0" "\0\0\0\x02"
	"\0\0\0\x01" "t\0\0\0" "\0\0\0\x02"
	"\0\0\0\x02"
	"\0\0\0\x09"
	"a\0b\0";

enum { TREE_LEN = sizeof(tree) - 1 };

/* Tables live in its memory: asking for it anew takes that back. */
static struct kf_env *env;

static void read_tree(struct kf_fdt *out, const uint8_t *bytes, size_t len)
{
	static struct kf_bytes view;
	static struct kf_source source;

	view = kf_view(bytes, len);
	source = kf_bytes_source(&view);
	env = model_env();
	assert_int_equal(kf_fdt_read(out, &source, 0, env), KF_OK);
}

static void nodes_and_properties_are_found(void **state)
{
	struct kf_fdt fdt;
	struct kf_bytes text, list;
	uint32_t s;

	read_tree(&fdt, tree, TREE_LEN);
	assert_null(fdt.damage.field);
	assert_int_equal(fdt.num_nodes, 3);
	assert_false(fdt.cut);
	s = kf_fdt_child(&fdt, 0, kf_text("s"));
	assert_int_equal(s, 1);
	assert_int_equal(kf_fdt_child(&fdt, 0, kf_text("t")), 2);
	assert_true(kf_fdt_child(&fdt, s, kf_text("t")) == KF_FDT_NONE);
	assert_int_equal(kf_fdt_number(&fdt, kf_fdt_find(&fdt, s, "b"), 0), 7);
	assert_true(kf_fdt_text(&text, &fdt, kf_fdt_find(&fdt, 0, "a"),
				env));
	assert_true(kf_equal(text, kf_text("one")));
	assert_true(kf_fdt_value(&list, &fdt, kf_fdt_find(&fdt, 0, "a"), 8,
				 env));
	assert_true(kf_fdt_list_at(&text, list, 1));
	assert_true(kf_equal(text, kf_text("two")));
	assert_false(kf_fdt_list_at(&text, list, 2));
}

static void properties_behind_a_subnode_are_not_found(void **state)
{
	struct kf_fdt fdt;

	read_tree(&fdt, tree, TREE_LEN);
	assert_int_equal(fdt.num_props, 3);
	assert_null(kf_fdt_find(&fdt, 0, "b"));
}

/* Every cut shows: as damage, or as bytes that are counted and not there. */
static void every_cut_is_told(void **state)
{
	struct kf_fdt fdt;

	for (size_t len = 0; len < TREE_LEN; len++) {
		read_tree(&fdt, tree, len);
		assert_true(fdt.damage.field || fdt.cut);
	}
}

static void damage_names_the_field(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		const char *field;
	} changes[] = {
		{ 0, 0, "magic" }, { 4, 0x80, "totalsize" },
		{ 19, 0xff, "off_mem_rsvmap" }, { 11, 0xff, "off_dt_struct" },
		{ 39, 0xff, "size_dt_struct" }, { 15, 0xff, "off_dt_strings" },
		{ 35, 0xff, "size_dt_strings" }, { 23, 1, "version" },
		{ 27, 18, "last_comp_version" }, { 60, 'x', "root name" },
		{ 59, 7, "tag" }, { 68, 0x7f, "property length" },
		{ 75, 9, "property name" }, { 147, 4, "second root" },
	};
	uint8_t copy[TREE_LEN];
	struct kf_fdt fdt;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		memcpy(copy, tree, TREE_LEN);
		copy[changes[i].at] = changes[i].byte;
		read_tree(&fdt, copy, TREE_LEN);
		assert_non_null(fdt.damage.field);
		assert_string_equal(fdt.damage.field, changes[i].field);
	}
}

static void a_length_that_leads_back_is_a_circle(void **state)
{
	uint8_t copy[TREE_LEN];
	struct kf_fdt fdt;

	memcpy(copy, tree, TREE_LEN);
	memcpy(copy + 68, "\xff\xff\xff\xf4", 4);
	read_tree(&fdt, copy, TREE_LEN);
	assert_int_equal(fdt.trouble, KF_FDT_CIRCLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(nodes_and_properties_are_found),
		MODEL_TEST(properties_behind_a_subnode_are_not_found),
		MODEL_TEST(every_cut_is_told),
		MODEL_TEST(damage_names_the_field),
		MODEL_TEST(a_length_that_leads_back_is_a_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
