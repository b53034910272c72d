/* U-Boot's keys and images: keys that are not secret, devices that require
 * nothing or too little, hashes that hold nothing.
 *
 * Source: as of the rules in core/rules/u_boot_fit.
 */
#include "audit.h"

#include "core/fitkey.h"
#include "core/reasons.h"

#include <string.h>

static void about(struct kf_audit *a, enum kf_reason_id reason, uint64_t at,
		  struct kf_bytes node, const char *text)
{
	const struct kf_audit_place place = {
		.where = { .kind = KF_EV_FIELD, .name = "node", .at = at,
			   .bytes = node },
	};
	struct kf_finding f;

	kf_audit_start(&f, reason, &place, kf_view(NULL, 0));
	if (text)
		kf_prove_text(&f, text);
	else
		kf_prove(&f, KF_EV_STORE_PART, "dtb");
	kf_audit_give(a, &f);
}

static bool is_text(struct kf_bytes a, const char *b)
{
	return kf_equal(a, kf_text(b));
}

/* look_at_key looks at one key node. Returns whether the key is required, and
 * of what: bit 0 configurations, bit 1 images. */
static unsigned look_at_key(struct kf_audit *a, const struct kf_fdt *fdt,
			    const struct kf_fit_key *key)
{
	struct kf_arena *arena = a->env->arena;
	size_t used = arena->used;
	struct kf_key public;
	enum kf_status status = kf_fit_key_public(&public, key, a->env);

	if (status == KF_OK)
		kf_audit_key(a, kf_view(public.sha256.bytes,
					public.sha256.len),
			     fdt->node[key->node].at, 0);
	else if (status != KF_WRONG_USE)
		a->status = status;
	arena->used = used;
	return (is_text(key->required, "conf") ? 1u : 0) |
	       (is_text(key->required, "image") ? 2u : 0);
}

/* settings tells of a device that requires nothing, or too little. */
static void settings(struct kf_audit *a, const struct kf_fdt *fdt,
		     const struct kf_fit_keys *keys, uint32_t num_conf,
		     uint32_t num_image)
{
	uint32_t node = kf_fdt_child(fdt, 0, kf_text("signature"));
	uint64_t at = fdt->node[node].at;

	if (num_conf + num_image == 0)
		about(a, KF_REASON_NO_REQUIRED_KEY, at, kf_text("signature"),
		      NULL);
	else if (num_conf == 0)
		about(a, KF_REASON_CONFIGURATION_FREE, at,
		      kf_text("signature"), NULL);
	if (num_conf > 1 && keys->has_mode && is_text(keys->mode, "any"))
		about(a, KF_REASON_REQUIRED_MODE_ANY, at,
		      kf_text("signature"), NULL);
}

void kf_audit_fit_keys(struct kf_audit *a, struct kf_bytes tree)
{
	struct kf_source source = kf_bytes_source(&tree);
	struct kf_fit_keys keys;
	uint32_t num_conf = 0, num_image = 0;
	struct kf_fdt fdt;

	a->status = kf_fdt_read(&fdt, &source, 0, a->env);
	if (a->status != KF_OK)
		return;
	if (fdt.damage.field || fdt.trouble) {
		a->unread(a->self, "the device tree", "is damaged");
		return;
	}
	a->status = kf_fit_keys_read(&keys, &fdt, a->env);
	/* Most device trees are not those of a U-Boot that verifies. */
	if (a->status != KF_OK || !keys.has_signature)
		return;
	if (keys.too_many)
		a->unread(a->self, "the keys behind the 64th",
			  "were not looked at");
	for (uint32_t i = 0; a->status == KF_OK && i < keys.num_keys; i++) {
		unsigned required = look_at_key(a, &fdt, &keys.key[i]);

		num_conf += required & 1;
		num_image += required >> 1;
	}
	if (a->status == KF_OK)
		settings(a, &fdt, &keys, num_conf, num_image);
}

/* weak_hashes tells of an image that nothing but weak hashes hold. */
static void weak_hashes(struct kf_audit *a, struct kf_fdt *fdt, uint32_t image)
{
	const char *weak = NULL;

	for (uint32_t i = fdt->node[image].child; i != KF_FDT_NONE;
	     i = fdt->node[i].next) {
		const struct kf_fdt_prop *algo = kf_fdt_find(fdt, i, "algo");
		struct kf_bytes name;

		if (!is_text(kf_part_of(fdt->node[i].name, 0, 4), "hash") ||
		    !algo || !kf_fdt_text(&name, fdt, algo, a->env))
			continue;
		if (is_text(kf_part_of(name, 0, 3), "sha") &&
		    !is_text(name, "sha1"))
			return;
		weak = (const char *)name.data;
	}
	if (weak)
		about(a, KF_REASON_WEAK_IMAGE_HASH, fdt->node[image].at,
		      fdt->node[image].name, weak);
}

void kf_audit_fit_image(struct kf_audit *a, const struct kf_source *source)
{
	struct kf_fdt fdt;
	uint32_t images;

	a->status = kf_fdt_read(&fdt, source, 0, a->env);
	if (a->status != KF_OK)
		return;
	if (fdt.damage.field || fdt.trouble)
		a->unread(a->self, "the image's tree",
			  "is damaged: not all of it was looked at");
	images = kf_fdt_child(&fdt, 0, kf_text("images"));
	if (images == KF_FDT_NONE)
		return;
	for (uint32_t i = fdt.node[images].child; i != KF_FDT_NONE &&
	     fdt.status == KF_OK; i = fdt.node[i].next)
		weak_hashes(a, &fdt, i);
	a->status = fdt.status;
}
