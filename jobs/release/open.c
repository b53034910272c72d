/* Opens a manifest's envelope, and takes it in one form alone: what could be
 * written in another way without breaking a signature would be no manifest that
 * anybody signed byte for byte.
 */
#include "release.h"

#include "core/dsse.h"
#include "core/hex.h"

#include <string.h>

/* is_as_written tells whether the file is what the envelope is written as, and
 * the end of a line. */
static enum kf_status is_as_written(bool *yes, const struct kf_dsse *envelope,
				    struct kf_bytes text, struct kf_env *env)
{
	struct kf_bytes again = kf_dsse_write(envelope, env->arena);

	*yes = again.len && text.len == again.len + 1 &&
	       memcmp(text.data, again.data, again.len) == 0 &&
	       text.data[again.len] == '\n';
	return again.len || envelope->num ? KF_OK : KF_NO_MEMORY;
}

enum kf_status kf_release_open(struct kf_bytes *out, const char **what,
			       struct kf_bytes text, const struct kf_key *key,
			       struct kf_env *env)
{
	enum kf_answer3 answer = KF_YES;
	struct kf_dsse envelope;
	bool as_written = true;
	enum kf_status status;

	*what = NULL;
	status = kf_dsse_read(&envelope, what, text, env);
	if (status == KF_WRONG_USE) {
		*what = *what ? *what : "it is no envelope";
		return KF_OK;
	}
	if (status != KF_OK)
		return status == KF_TOO_MUCH ? KF_NO_MEMORY : status;
	*what = NULL;
	*out = envelope.payload;
	if (!kf_equal(envelope.type, kf_text(KF_STATEMENT_PAYLOAD))) {
		*what = "it holds something else than a statement";
		return KF_OK;
	}
	if (!key)
		return KF_OK;
	status = kf_dsse_ask(&answer, &envelope, key, env);
	if (status == KF_OK)
		status = is_as_written(&as_written, &envelope, text, env);
	if (status != KF_OK)
		return status;
	if (answer != KF_YES)
		*what = "it is not signed by this key";
	else if (envelope.num != 1 ||
		 !kf_hex_spells(envelope.signature[0].keyid,
				kf_view(key->sha256.bytes, key->sha256.len)))
		*what = "it has other signatures, or names another key";
	else if (!as_written)
		*what = "it is written in another way than a manifest is";
	return KF_OK;
}
