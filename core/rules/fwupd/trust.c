/* Whether the device trusts a payload, and its metainfo file.
 *
 * Source: fwupd/fwupd, src/fu-cabinet.c (fu_cabinet_parse_release,
 * fu_cabinet_build_silo_metainfo), src/fu-engine.c (fu_engine_check_trust),
 * tag 2.0.20.
 */
#include "fwupd.h"

#include <string.h>

/* ask asks about a file by the item of its name. False: the answer is open, or
 * the work failed. */
static bool ask(struct kf_jcat_answer *out, struct fwupd_case *k,
		const struct kf_cab_file *file, struct kf_bytes name,
		bool metainfo)
{
	struct kf_cabinet *c = &k->update->cabinet;
	const struct kf_jcat_item *item = kf_jcat_find(&c->jcat, name);
	struct kf_cab_stream stream;
	struct kf_source source;
	struct kf_gnutls_data data = { &source, file->at, file->len };

	memset(out, 0, sizeof(*out));
	out->said = KF_JCAT_BAD;
	if (!item) {
		kf_find(&out->why, KF_REASON_FILE_UNSIGNED, "FWUPD-2");
		kf_prove_text(&out->why, kf_jcat_text(&k->ask, name));
		return true;
	}
	k->ask.any_time = !metainfo;
	k->ask.status = kf_cab_open(&source, &stream, &c->cab, file->folder,
				    k->env);
	if (k->ask.status == KF_OK)
		kf_jcat_ask_item(out, &k->ask, item, &data, metainfo);
	return k->ask.status == KF_OK && out->said != KF_JCAT_OPEN;
}

static bool has_keys_of_gpg(const struct fwupd_case *k)
{
	const struct kf_jcat_keys *keys = &k->device->keys;

	return keys->presence == KF_UNKNOWN ||
	       kf_jcat_keys_have(keys, KF_JCAT_GPG);
}

/* has_asc tells whether a signature of GnuPG lies beside a payload that no
 * item is about: fwupd still takes those. */
static bool has_asc(const struct fwupd_case *k,
		    struct kf_bytes signed_name)
{
	const struct kf_cab *cab = &k->update->cabinet.cab;
	size_t len = signed_name.len;

	if (kf_jcat_find(&k->update->cabinet.jcat, signed_name))
		return false;
	for (size_t i = 0; i < cab->num_files; i++) {
		struct kf_bytes name = cab->file[i].name;

		if (name.len == len + 4 &&
		    kf_equal(kf_part_of(name, 0, len), signed_name) &&
		    kf_equal(kf_part_of(name, len, 4), kf_text(".asc")))
			return true;
	}
	return false;
}

/* weigh_metainfo warns where nobody vouches for the metainfo file. */
static void weigh_metainfo(struct fwupd_case *k)
{
	const struct kf_cab_file *file = k->component->metainfo->file;
	struct kf_jcat_answer answer;
	struct kf_finding *w;

	if (!ask(&answer, k, file, file->name, true))
		return;
	kf_jcat_result(k->out, &answer);
	if (answer.said == KF_JCAT_GOOD)
		return;
	w = kf_warn(k->out, KF_REASON_METADATA_NOT_TRUSTED, "FWUPD-1");
	if (w)
		kf_prove_text(w, kf_jcat_text(&k->ask, file->name));
}

/* ask_payload asks about the payload; what GnuPG alone could tell is open. */
static bool ask_payload(struct fwupd_case *k)
{
	const struct fwupd_release *release = k->component->release;
	bool told = ask(&k->payload, k, release->payload, release->name, false);

	if (!told || k->payload.said == KF_JCAT_GOOD ||
	    !has_asc(k, release->name) || !has_keys_of_gpg(k))
		return told;
	memset(&k->payload, 0, sizeof(k->payload));
	kf_find(&k->payload.why, KF_REASON_BEYOND_LIMITS, NULL);
	kf_prove_text(&k->payload.why, "a signature of GnuPG, which keyfit does not verify");
	return false;
}

bool fwupd_trusted(struct fwupd_case *k)
{
	struct kf_bytes name = k->component->release->name;
	bool told;

	if (k->device->only_trusted &&
	    k->device->keys.presence == KF_UNKNOWN &&
	    kf_jcat_find(&k->update->cabinet.jcat, name))
		return fwupd_leave(k, KF_REASON_STORE_PART_UNKNOWN, "pki");
	told = ask_payload(k);
	if (k->ask.status != KF_OK)
		return false;
	kf_jcat_result(k->out, &k->payload);
	if (k->device->only_trusted &&
	    (!told || k->payload.said != KF_JCAT_GOOD)) {
		k->out->answer = told ? KF_REJECT : KF_UNDECIDED;
		k->out->why = k->payload.why;
		return false;
	}
	weigh_metainfo(k);
	return k->ask.status == KF_OK;
}
