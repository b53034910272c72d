/* Bytes as base64, in JSON.
 */
#ifndef KEYFIT_HOST_BASE64_H
#define KEYFIT_HOST_BASE64_H

#include "json_write.h"

/* kf_base64_write writes bytes as a text. */
void kf_base64_write(struct kf_json *json, const char *name,
		     struct kf_bytes bytes);

/* kf_base64_read turns a text into bytes, in `room`, which is as long as the
 * text and 4 more. Fails: false, it is no base64. */
KF_MUST bool kf_base64_read(struct kf_bytes *out, uint8_t *room,
			    const char *text);

#endif
