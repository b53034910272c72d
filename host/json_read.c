/* Reads JSON, and tells bad JSON from too little memory.
 */
#include "json_read.h"

#include <stdlib.h>

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
