/* What comes after check_bundle: the payload, and what an installation looks
 * at before it writes.
 *
 * Source: rauc/rauc, src/bundle.c:check_bundle_payload, mount_bundle,
 * load_manifest_from_bundle and src/install.c:do_install_bundle,
 * launch_and_wait_default_handler at v1.8, v1.13 and 3991031 (1.16-dev).
 */
#include "rauc.h"

static bool reject_inner(struct rauc_case *k)
{
	rauc_reject(k, KF_REASON_MANIFEST_MALFORMED, "RAUC-19");
	kf_prove_text(&k->out->why, "the manifest of a plain bundle is of the format plain, and uses nothing that others brought");
	return false;
}

/* is_plain: older versions look at the format only when they mount it, and
 * else at what the others would add. RAUC-19 */
static bool is_plain(const struct rauc_case *k,
		     const struct rauc_manifest *inner)
{
	if (k->profile->version >= RAUC_1_13)
		return inner->format == RAUC_PLAIN && !inner->beyond_plain;
	return inner->format == RAUC_PLAIN ||
	       (k->trust->stage != RAUC_INSTALL && !inner->has_hash &&
		!inner->has_salt && !inner->has_crypt_key &&
		!inner->hash_tree_len);
}

/* inner reads the manifest of a plain bundle out of its squashfs. RAUC-20 */
static bool inner(struct rauc_case *k)
{
	struct rauc_bundle *b = k->bundle;

	if (!k->plain)
		return true;
	k->manifest = b->inner;
	if (!b->inner) {
		k->out->answer = b->no_inner.reason ==
			&kf_reasons[KF_REASON_MANIFEST_MALFORMED]
			? KF_REJECT : KF_UNDECIDED;
		k->out->why = b->no_inner;
		return false;
	}
	if (b->inner->bad.reason)
		return rauc_reject_with(k, &b->inner->bad);
	if (b->inner->format == RAUC_PLAIN && b->inner->bad_bundled.reason)
		return rauc_reject_with(k, &b->inner->bad_bundled);
	return is_plain(k, b->inner) ? true : reject_inner(k);
}

/* crash: an assertion stops RAUC. RAUC-14 */
static bool crash(struct rauc_case *k)
{
	rauc_reject(k, KF_REASON_VERIFIER_FAULT, "RAUC-14");
	kf_prove_field(&k->out->why, "length of the payload", 0,
		       k->bundle->layout.payload_len);
	kf_prove_text(&k->out->why, "the payload is no multiple of 4096 bytes, and an assertion stops RAUC");
	return false;
}

static bool tampered(struct rauc_case *k)
{
	const struct rauc_bundle *b = k->bundle;

	rauc_reject(k, KF_REASON_PAYLOAD_TAMPERED, "RAUC-14");
	kf_prove_field(&k->out->why, b->hashes == RAUC_HASHES_SHORT
		       ? "end of the hash tree" : "block", b->hashes_at,
		       KF_RAUC_BLOCK_LEN);
	kf_prove_text(&k->out->why, b->hashes == RAUC_HASHES_SHORT
		      ? "the hash tree goes beyond the bundle" :
		      b->hashes == RAUC_HASHES_SPARE
		      ? "bytes behind the hashes are not zero" :
		      b->hashes == RAUC_HASHES_ROOT
		      ? "the hash tree is not the one that was signed"
		      : "it is not the block that was hashed");
	return false;
}

/* untouched: is what is bad never read? RAUC-14 */
static bool untouched(struct rauc_case *k)
{
	enum kf_answer3 answer = KF_YES;

	if (k->bundle->hashes != RAUC_HASHES_SPARE)
		answer = rauc_survives(k);
	if (answer == KF_YES)
		return true;
	if (k->status != KF_OK)
		return false;
	if (answer == KF_NO)
		return tampered(k);
	k->out->answer = KF_UNDECIDED;
	kf_find(&k->out->why, KF_REASON_CONTENTS_UNKNOWN, "RAUC-14");
	kf_prove_text(&k->out->why, "blocks are bad, and whether anybody reads them cannot be told");
	return false;
}

/* holds: the hash tree. An installation lets the kernel hash what it reads,
 * which leaves the bytes out that no hash covers. RAUC-14 */
static bool holds(struct rauc_case *k)
{
	struct rauc_bundle *b = k->bundle;
	bool installs = k->trust->stage == RAUC_INSTALL;
	enum kf_status status = KF_OK;

	if (k->plain)
		return true;
	if (k->manifest->bad_bundled.reason)
		return rauc_reject_with(k, &k->manifest->bad_bundled);
	if (b->layout.payload_len % KF_RAUC_BLOCK_LEN)
		return crash(k);
	if (!b->hashes_asked)
		status = rauc_hashes(b, k->manifest, k->env);
	if (status != KF_OK) {
		k->status = status;
		return false;
	}
	if (b->hashes == RAUC_HASHES_HOLD)
		return true;
	return installs && !k->trust->config.pre_check ? untouched(k)
						       : tampered(k);
}

/* payload: what holds has to be a squashfs too. That of a crypt bundle is
 * encrypted, and is taken for one. RAUC-14 */
static bool payload(struct rauc_case *k)
{
	if (!holds(k))
		return false;
	if (k->bundle->is_squashfs ||
	    (!k->plain && k->manifest->format == RAUC_CRYPT))
		return true;
	rauc_reject(k, KF_REASON_CONTAINER_MALFORMED, "RAUC-14");
	kf_prove_field(&k->out->why, "payload", 0, 4);
	kf_prove_text(&k->out->why, "the payload is no squashfs");
	return false;
}

/* has_slots: each image needs a slot of its class. RAUC-25 */
static bool has_slots(struct rauc_case *k)
{
	const struct rauc_config *config = &k->trust->config;

	for (size_t i = 0; i < k->manifest->num_images; i++) {
		const struct rauc_image *image = &k->manifest->image[i];
		bool found = image->is_artifact;

		for (size_t j = 0; j < config->num_slots; j++)
			found = found || kf_equal(config->slot[j].class,
						  image->class);
		if (found)
			continue;
		rauc_reject(k, KF_REASON_REQUIREMENT_NOT_MET, "RAUC-25");
		kf_prove_text(&k->out->why, "system.conf has no slot of the class of an image");
		return false;
	}
	return true;
}

/* compatible: RAUC-17. A hook in the bundle decides in place of the texts. */
static bool compatible(struct rauc_case *k)
{
	const char *hook = k->trust->install_check;

	if (!k->manifest->install_check) {
		if (kf_equal(k->trust->config.compatible,
			     k->manifest->compatible))
			return true;
		rauc_reject(k, KF_REASON_COMPATIBLE_MISMATCH, "RAUC-17");
		kf_prove_text(&k->out->why,
			      (const char *)k->manifest->compatible.data);
		kf_prove(&k->out->why, KF_EV_SETTING, "compatible")->text =
			(const char *)k->trust->config.compatible.data;
		return false;
	}
	if (hook && kf_same(hook, "accepts"))
		return true;
	if (hook) {
		rauc_reject(k, KF_REASON_HOOK_REJECTS, "RAUC-17");
		return false;
	}
	k->out->answer = KF_UNDECIDED;
	kf_find(&k->out->why, KF_REASON_SETTING_UNKNOWN, "RAUC-17");
	kf_prove_text(&k->out->why, "what the bundle's own install-check says (install-check=accepts or rejects)");
	return false;
}

/* new_enough: RAUC-18. */
static bool new_enough(struct rauc_case *k)
{
	struct kf_bytes least = k->trust->config.min_version;

	if (least.len == 0)
		return true;
	if (k->manifest->has_version &&
	    rauc_version_within(least, k->manifest->version) == KF_YES)
		return true;
	rauc_reject(k, KF_REASON_VERSION_TOO_OLD, "RAUC-18");
	kf_prove_text(&k->out->why, k->manifest->has_version
		      ? (const char *)k->manifest->version.data
		      : "the bundle has no version");
	kf_prove(&k->out->why, KF_EV_SETTING, "min-bundle-version")->text =
		(const char *)least.data;
	return false;
}

/* sealed: RAUC-16. */
static bool sealed(struct rauc_case *k)
{
	if (k->plain || k->manifest->format != RAUC_CRYPT || k->was_encrypted)
		return true;
	return rauc_reject(k, KF_REASON_ENCRYPTION_REQUIRED, "RAUC-16");
}

/* fits: older versions look for slots first. */
static bool fits(struct rauc_case *k)
{
	if (k->profile->version < RAUC_1_13)
		return has_slots(k) && compatible(k);
	return compatible(k) && new_enough(k) && has_slots(k) &&
	       rauc_writes(k);
}

bool rauc_install(struct rauc_case *k)
{
	if (k->trust->stage == RAUC_INFO)
		return inner(k);
	if (k->trust->stage == RAUC_EXTRACT)
		return payload(k);
	return sealed(k) && inner(k) && payload(k) && fits(k) &&
	       rauc_images(k);
}
