/* How answers are written: one file a form.
 */
#ifndef KEYFIT_APPS_CLI_RENDER_H
#define KEYFIT_APPS_CLI_RENDER_H

#include "words.h"

#include "host/json_write.h"

/* kf_render is what a form needs while it writes. It starts as { .form = ...
 * }; `out` is flushed by the caller where the form is one object a line, and
 * at the end. */
struct kf_render {
	const struct kf_form *form;
	struct kf_output out;
	struct kf_output later;	/* what stands behind, in a whole document */
	struct kf_json json, notes;
	bool colour;
	unsigned width;		/* of the terminal; 0: lines are not broken */
	size_t tests, failures, errors;
};

/* kf_form is one of text, json, sarif, junit. begin and end may be NULL.
 * fault: the work could not be done for this file and verifier; `path` and
 * `verifier` may be NULL. */
struct kf_form {
	const char *name;
	bool whole;		/* one document for all pairs */
	void (*begin)(struct kf_render *r);
	void (*pair)(struct kf_render *r, const struct kf_pair *pair);
	void (*fault)(struct kf_render *r, const char *path,
		      const struct kf_device *device,
		      const struct kf_device_verifier *verifier,
		      const struct kf_fault *fault);
	void (*end)(struct kf_render *r);
};

extern const struct kf_form kf_form_text, kf_form_json, kf_form_sarif,
	kf_form_junit;

/* Pieces of the text form. kf_text_line takes its words, and closes them;
 * kf_text_reasons tells why, with proof and what to do. */
void kf_text_answer(struct kf_render *r, enum kf_answer answer);
void kf_text_line(struct kf_render *r, const char *label,
		  struct kf_output *words);
void kf_text_warnings(struct kf_render *r, const struct kf_pair *pair);
void kf_text_reasons(struct kf_render *r, const struct kf_pair *pair);

/* kf_render_terminal sees whether the answer goes to a terminal: colours and
 * broken lines are for people. */
void kf_render_terminal(struct kf_render *r);

/* kf_json_pair writes one pair as an object: the verdicts' schema. */
void kf_json_pair(struct kf_json *json, const struct kf_pair *pair);

/* kf_json_finding writes "reason", "rule" and "evidence" into an object. */
void kf_json_finding(struct kf_json *json, const struct kf_finding *finding,
		     const struct kf_pair *pair);

#endif
