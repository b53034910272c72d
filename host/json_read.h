/* JSON, read with jansson where memory may run short.
 */
#ifndef KEYFIT_HOST_JSON_READ_H
#define KEYFIT_HOST_JSON_READ_H

#include <keyfit/bytes.h>

#include <jansson.h>

/* kf_json_read reads JSON twice. Where memory is short jansson may call good
 * JSON bad, or drop a character of a text in silence: "dbx" would be "db".
 * Owns: the result, until json_decref. Fails: NULL; `*lost` tells whether
 * memory was short, else `error` what is wrong. */
KF_MUST json_t *kf_json_read(struct kf_bytes file, json_error_t *error,
			     bool *lost);

/* kf_json_wrong writes what is wrong with a text that kf_json_read does not
 * take: much of it is JSON all the same. */
void kf_json_wrong(char *out, size_t room, const json_error_t *error);

#endif
