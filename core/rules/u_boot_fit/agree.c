/* A U-Boot of a version that was not run: what all versions say that were is
 * the answer. Where they differ there is none, and the reason names them.
 *
 * Source: our own idea; each answer is that of the steps in this folder.
 */
#include "u_boot_fit.h"

#include <string.h>

enum { TEXT_LEN = 240 };

/* writing is a text that is being put together; what does not fit is left
 * out. */
struct writing {
	char *text;
	size_t len;
};

static void put(struct writing *w, const char *text)
{
	struct kf_bytes bytes = kf_text(text);

	if (bytes.len > TEXT_LEN - 1 - w->len)
		return;
	memcpy(w->text + w->len, bytes.data, bytes.len);
	w->len += bytes.len;
}

/* differ takes the answer back, and tells which version says what. */
static enum kf_status differ(struct kf_verdict *out,
			     const struct fit_files *files,
			     const struct fit_trusts *trusts,
			     const enum kf_answer *answers,
			     struct kf_env *env)
{
	const char *own = trusts->version[0]->version;
	struct writing w = { kf_arena_take(env->arena, TEXT_LEN), 0 };

	if (!w.text)
		return KF_NO_MEMORY;
	for (uint32_t i = 0; i < files->num; i++) {
		put(&w, files->version[i]->profile->version);
		put(&w, answers[i] == KF_ACCEPT ? " starts it, "
						: " refuses it, ");
	}
	put(&w, "and the device's version ");
	put(&w, own ? own : "is not told");
	put(&w, own ? " was not run" : "");
	out->answer = KF_UNDECIDED;
	out->not_enforced = false;
	kf_find(&out->why, KF_REASON_VERSIONS_DIFFER, NULL);
	kf_prove_text(&out->why, w.text);
	out->outcome = kf_boot_outcome(out);
	return KF_OK;
}

enum kf_status fit_agree(struct kf_verdict *out, const struct fit_files *files,
			 const struct fit_trusts *trusts, struct kf_env *env)
{
	enum kf_answer answers[FIT_VERSIONS_MAX] = { KF_UNDECIDED };
	struct kf_verdict *other = files->other;
	bool same = true, known = true;
	enum kf_status status;

	status = fit_decide(out, files->version[0], trusts->version[0],
			    env);
	answers[0] = out->answer;
	for (uint32_t i = 1; status == KF_OK && i < files->num; i++) {
		memset(other, 0, sizeof(*other));
		status = fit_decide(other, files->version[i],
				    trusts->version[i], env);
		answers[i] = other->answer;
		same &= answers[i] == answers[0];
		if (known && answers[i] == KF_UNDECIDED)
			*out = *other;
		known &= answers[i] != KF_UNDECIDED;
	}
	if (status != KF_OK || same || !known || answers[0] == KF_UNDECIDED)
		return status;
	return differ(out, files, trusts, answers, env);
}
