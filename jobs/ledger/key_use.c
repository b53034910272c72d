/* Makes a statement out of artifacts: their digests, and the signers that their
 * formats tell of.
 */
#include "ledger.h"

#include "host/json_write.h"
#include "host/signers.h"

#include <string.h>

static enum kf_status one(struct kf_json *json, struct kf_signers *signers,
			  const char **format, const char *path,
			  struct kf_work *work, struct kf_fault *why)
{
	const char *slash = strrchr(path, '/');
	struct kf_digest sha256;
	struct kf_file file;
	enum kf_status status = kf_file_open(&file, path, why);

	if (status != KF_OK)
		return status;
	kf_work_again(work, file.source.size);
	status = kf_file_digest(&sha256, &file.source, &work->env);
	if (status == KF_OK)
		status = kf_signers_find(signers, format, &file.source,
					 work, NULL);
	if (status == KF_OK && !kf_file_same(&file)) {
		kf_fault_say(why, NULL, "has changed meanwhile");
		status = KF_CANNOT_READ;
	}
	kf_file_close(&file);
	if (status != KF_OK)
		return status;
	kf_json_open(json, NULL, '{');
	kf_json_foreign(json, "name", kf_text(slash ? slash + 1 : path));
	kf_json_open(json, "digest", '{');
	kf_json_hex(json, "sha256", kf_view(sha256.bytes, sha256.len));
	kf_json_close(json);
	kf_json_close(json);
	return KF_OK;
}

static void predicate(struct kf_json *json, const struct kf_key_use *use,
		      const struct kf_signers *signers, const char *format)
{
	kf_json_open(json, "predicate", '{');
	kf_json_foreign(json, "product", kf_text(use->product));
	kf_json_foreign(json, "version", kf_text(use->version));
	if (use->has_counter)
		kf_json_number(json, "security_counter", use->counter);
	if (format)
		kf_json_text(json, "format", format);
	kf_signers_write(json, signers);
	kf_json_time(json, "made", use->made_s);
	kf_json_close(json);
}

enum kf_status kf_key_use_write(struct kf_output *out, const char **path,
				const struct kf_key_use *use,
				struct kf_work *work, struct kf_fault *why)
{
	struct kf_json json = { .out = out };
	struct kf_signers signers = { .num = 0 };
	const char *format = NULL;
	enum kf_status status = KF_OK;

	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "_type", KF_STATEMENT_TYPE);
	kf_json_open(&json, "subject", '[');
	for (size_t i = 0; i < use->num_artifacts && status == KF_OK; i++) {
		*path = use->artifact[i];
		status = one(&json, &signers, &format, *path, work, why);
	}
	kf_json_close(&json);
	for (size_t i = 0; i < use->num_signers; i++)
		kf_signers_name(&signers, &use->signer[i]);
	if (status == KF_OK && signers.more) {
		kf_fault_say(why, "log fewer artifacts at once",
			     "has more signers than a statement holds: %d",
			     KF_SIGNERS_MAX);
		status = KF_WRONG_USE;
	}
	kf_json_text(&json, "predicateType", KF_STATEMENT_KEY_USE);
	predicate(&json, use, &signers, format);
	kf_json_close(&json);
	return status == KF_OK && out->failed ? KF_NO_MEMORY : status;
}
