/* Descriptions, as formats and stores give them fact by fact, written for
 * people or as JSON.
 */
#ifndef KEYFIT_APPS_CLI_DESCRIBE_H
#define KEYFIT_APPS_CLI_DESCRIBE_H

#include "host/json_write.h"

enum {
	KF_DESCRIBE_DEPTH = 24,
};

/* kf_describe is a sink with its state. It starts as { .out = ... }, and with
 * `json` for JSON. */
struct kf_describe {
	struct kf_output *out;
	struct kf_json *json;	/* NULL: for people */
	unsigned depth;
	bool fault;		/* a part could not be described */
	bool dash;		/* the next line opens an item of a list */
	bool pending;		/* an object or a list was opened, and its
				 * first member will tell which */
	const char *pending_name;
};

/* kf_describe_sink makes the sink. What is nested too deep makes the output
 * fail. */
struct kf_sink kf_describe_sink(struct kf_describe *describe);

#endif
