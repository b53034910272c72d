/* A signature that nobody has made yet: who would make it, and whether the
 * configurations could be signed at all. Tools that sign hash the images anew,
 * so hashes are taken to be right.
 *
 * Source: RFC 5280, 4.1 (where a certificate has its key); U-Boot 2023.01,
 * tools/image-host.c: fit_add_verification_data.
 */
#include "u_boot_fit.h"

#include "core/der.h"

/* key_of finds the key in a certificate; the empty view: there is none. */
static struct kf_bytes key_of(struct kf_bytes der)
{
	enum { SEQUENCE = 0x30, VERSION = 0xa0, BEFORE = 5 };
	struct kf_cursor c = kf_cursor_over(der, 0);
	struct kf_der e;
	int num = 0;

	for (int i = 0; i < 2; i++) {
		if (!kf_der_next(&e, &c) || e.tag != SEQUENCE)
			return kf_view(NULL, 0);
		c = kf_cursor_over(e.value, 0);
	}
	while (kf_der_next(&e, &c)) {
		if (num == BEFORE && e.tag == SEQUENCE)
			return e.whole;
		num += !(num == 0 && e.tag == VERSION);
	}
	return kf_view(NULL, 0);
}

enum kf_status fit_suppose(struct fit_file *file, struct kf_bytes who,
			   struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	enum kf_status status = crypto->key_read(crypto->self, &file->supposed,
						 who, env->arena);

	if (status == KF_WRONG_USE) {
		who = key_of(who);
		if (who.len)
			status = crypto->key_read(crypto->self,
						  &file->supposed, who,
						  env->arena);
	}
	file->hypothetical = true;
	if (status != KF_WRONG_USE)
		return status;
	fit_beyond(file, "a signer whose key cannot be told");
	return KF_OK;
}

/* fit_suppose_signed puts the signature in place of those of a node.
 * `configuration`: it covers nodes, which have to be there. */
enum kf_status fit_suppose_signed(struct fit_signature **list, uint32_t *num,
				  struct fit_file *file, uint32_t node,
				  bool configuration, struct kf_env *env)
{
	struct fit_signature *s = kf_arena_take(env->arena, sizeof(*s));

	if (!s)
		return KF_NO_MEMORY;
	s->node = node;
	s->number = ++file->num_signatures;
	s->kind = KF_SHA256;
	s->value_at = file->fdt.node[node].at;
	*list = s;
	*num = 1;
	return configuration ? fit_regions(file, s, node, env) : KF_OK;
}
