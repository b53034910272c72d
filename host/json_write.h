/* JSON, written as it comes: the keys in the order of the calls, no memory but
 * the text itself, and always valid, whatever foreign text holds.
 */
#ifndef KEYFIT_HOST_JSON_WRITE_H
#define KEYFIT_HOST_JSON_WRITE_H

#include "output.h"

enum {
	KF_JSON_DEPTH = 32,
};

/* kf_json starts as { .out = ... }. A name is NULL inside a list. */
struct kf_json {
	struct kf_output *out;
	char closing[KF_JSON_DEPTH];
	size_t depth;
	bool more;	/* a comma is due */
};

/* kf_json_open starts an object ('{') or a list ('['). What is nested deeper
 * than KF_JSON_DEPTH makes the output fail. */
void kf_json_open(struct kf_json *json, const char *name, char bracket);
void kf_json_close(struct kf_json *json);

/* kf_json_text: NULL becomes null. kf_json_foreign: text that may hold
 * anything; what is no UTF-8 becomes U+FFFD. */
void kf_json_text(struct kf_json *json, const char *name, const char *text);
void kf_json_foreign(struct kf_json *json, const char *name,
		     struct kf_bytes text);
void kf_json_number(struct kf_json *json, const char *name, uint64_t number);
void kf_json_yes_no(struct kf_json *json, const char *name, bool yes);
void kf_json_hex(struct kf_json *json, const char *name,
		 struct kf_bytes bytes);

/* kf_json_time writes a time as kf_time_write has it. */
void kf_json_time(struct kf_json *json, const char *name, int64_t seconds);

#endif
