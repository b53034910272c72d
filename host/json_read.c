/* Reads JSON, and tells bad JSON from too little memory.
 */
#include "json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *kf_json_read(struct kf_bytes file, json_error_t *error, bool *lost)
{
	const char *json = (const char *)file.data;
	json_t *a = json_loadb(json, file.len, JSON_REJECT_DUPLICATES, error);
	json_t *b = json_loadb(json, file.len, JSON_REJECT_DUPLICATES, error);
	bool same = a && b && json_equal(a, b);
	void *memory = malloc(file.len);

	*lost = !memory || (!same && (a || b)) ||
		(!a && json_error_code(error) == json_error_out_of_memory);
	free(memory);
	json_decref(b);
	if (same && !*lost)
		return a;
	json_decref(a);
	return NULL;
}

void kf_json_wrong(char *out, size_t room, const json_error_t *error)
{
	static const struct {
		enum json_error_code code;
		const char *what;
	} known[] = {
		{ json_error_duplicate_key, "says one key twice" },
		{ json_error_null_character, "holds a NUL in a text" },
		{ json_error_null_byte_in_key, "holds a NUL in a key" },
		{ json_error_invalid_utf8, "holds a text that is no UTF-8" },
		{ json_error_numeric_overflow, "holds too large a number" },
		{ json_error_stack_overflow, "is nested too deep" },
		{ json_error_premature_end_of_input, "is cut short" },
	};

	/* Of a key that comes twice it tells which. */
	const char *near = json_error_code(error) == json_error_duplicate_key
		? strstr(error->text, "near ") : NULL;
	char line[32] = "";

	/* A record has one line, and its number stands in front already. */
	if (error->line > 1)
		snprintf(line, sizeof(line), "in line %d ", error->line);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].code == json_error_code(error)) {
			snprintf(out, room, "%s, %sat byte %d%s%.60s",
				 known[i].what, line, error->column,
				 near ? " " : "", near ? near : "");
			return;
		}
	snprintf(out, room, "is no JSON, %sat byte %d: %.100s", line,
		 error->column, error->text);
}
