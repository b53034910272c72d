/* An EFI signature list file (.esl): one part of a store, without a name.
 *
 * Source: UEFI 2.10, 32.4.1.
 */
#include "core/siglist.h"

#include <keyfit/store.h>

static bool recognise(struct kf_bytes file)
{
	return kf_siglist_likely(file);
}

static void read(struct kf_store *out, struct kf_bytes file,
		 struct kf_env *env)
{
	struct kf_part part = { .name = "", .presence = KF_PRESENT,
				.bytes = file };

	(void)env;
	if (!kf_store_put(out, &part))
		out->status = KF_NO_MEMORY;
}

static void describe(const struct kf_store *store, struct kf_bytes file,
		     struct kf_env *env, const struct kf_sink *sink)
{
	(void)store;
	kf_siglist_describe(file, 0, env, sink);
}

const struct kf_store_kind kf_store_esl = {
	.name = "esl",
	.title = "EFI signature list",
	.recognise = recognise,
	.read = read,
	.describe = describe,
};
