/* Asks devices about the file as it would be, before the key signs.
 *
 * The file is made with a stand-in where the signature goes, and judged by a
 * crypto table that takes just this for the key's. What was signed is judged
 * again, by the real one.
 */
#include "sign.h"

#include "say.h"

/* judge asks, with the supposed signatures counting as good. */
static int judge(struct kf_sign_run *s, struct kf_making *trial)
{
	struct kf_fault why = { 0 };
	const struct kf_crypto *crypto = kf_openssl_suppose(
		s->crypto, &s->key.key, trial->supposed, trial->num_supposed,
		&why);
	int status;

	if (!crypto)
		return kf_say_failure(NULL, KF_NO_MEMORY, &why);
	s->check.env.crypto = crypto;
	status = kf_sign_fits(s, kf_patch_source(&trial->patch),
			      KF_SIGN_SUPPOSED);
	s->check.env.crypto = s->crypto;
	kf_openssl_suppose_close(crypto);
	return status;
}

int kf_sign_would(struct kf_sign_run *s)
{
	static struct kf_making trial;
	struct kf_fault why = { 0 };
	size_t used = s->work.arena.used;
	enum kf_status made;
	int status;

	if (!(s->num_devices + s->num_fleets))
		return KF_EXIT_FITS;
	trial = s->making;
	trial.ask.dry = true;
	made = kf_making_run(&trial, &why);
	status = made == KF_OK ? judge(s, &trial)
			       : kf_say_failure(s->path, made, &why);
	s->work.arena.used = used;
	kf_work_more(&s->work, s->copy.source.size);
	return status;
}
