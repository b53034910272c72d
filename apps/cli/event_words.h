/* Words for the events of a measured boot.
 */
#ifndef KEYFIT_APPS_CLI_EVENT_WORDS_H
#define KEYFIT_APPS_CLI_EVENT_WORDS_H

#include "analysis/pcr.h"
#include "host/output.h"

/* kf_event_words writes in one line what an event says. Certificates are taken
 * apart in `env`'s arena. */
void kf_event_words(struct kf_output *out, const struct kf_event *event,
		    struct kf_env *env);

/* kf_event_path writes the path of the file that an image came from, as the
 * event of its start tells it. Returns false where it tells none. */
bool kf_event_path(struct kf_output *out, struct kf_bytes data);

#endif
