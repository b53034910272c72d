/* edk2's image verification: its versions, and the order of its steps.
 *
 * mode: is anything verified? gate: can the image be parsed? digest, table,
 * signature: what is it, and who signed it? image: what do dbx, db and dbt say
 * to that? load: can it be laid out in memory?
 *
 * Source: tianocore/edk2, at the versions named by the profiles.
 */
#include "edk2.h"

#include "core/edk2_openssl.h"

#include <string.h>

static const struct edk2_profile upstream = {
	.cms = KF_EDK2_OPENSSL_3_5,
	.post_quantum = true,
	.all_digests = true,
	.debug_goes_on = true,
	.strict_tbs = true,
};

static const struct edk2_profile debian_12 = {
	.cms = KF_EDK2_OPENSSL_1_1_1,
	.machine = KF_PE_MACHINE_X64,
	.byte_code = true,
};

static const struct edk2_profile debian_13 = {
	.cms = KF_EDK2_OPENSSL_3_4,
	.machine = KF_PE_MACHINE_X64,
	.byte_code = true,
	.all_digests = true,
	.debug_goes_on = true,
	.strict_tbs = true,
};

extern const struct kf_verifier kf_rules_edk2;

static const struct kf_rules profiles[] = {
	{ "edk2", "edk2, upstream (c5aa7e7d94, 2026-08)", &kf_rules_edk2,
	  &upstream, false },
	{ "edk2-2022.11", "edk2 2022.11, Debian 12's OVMF for x86-64",
	  &kf_rules_edk2, &debian_12, true },
	{ "edk2-2025.02", "edk2 2025.02, Debian 13's OVMF for x86-64",
	  &kf_rules_edk2, &debian_13, true },
	{ NULL, NULL, NULL, NULL, false },
};

static const char *const formats[] = { "pe", NULL };

static const char *const parts[] = { "pk", "kek", "db", "dbx", "dbt", NULL };

static const struct kf_choice choices[] = {
	{ "secure-boot", "on|off",
	  "whether images are verified, whatever the store says" },
	{ "machine", "x64|ia32|aa64|arm|riscv64|loongarch64",
	  "the device's architecture" },
	{ NULL, NULL, NULL },
};

void edk2_beyond(struct edk2_image *image, const char *what)
{
	if (image->beyond.reason)
		return;
	kf_find(&image->beyond, KF_REASON_BEYOND_LIMITS, NULL);
	kf_prove_text(&image->beyond, what);
}

/* asked_for tells which digests matter: those of the signatures, or those by
 * which an image without any is looked up. */
static unsigned asked_for(struct edk2_image *image,
			  const struct edk2_profile *profile,
			  struct kf_artifact *artifact, struct kf_env *env)
{
	const struct kf_pe *pe = &image->pe;

	image->is_signed = pe->num_directories > KF_PE_DIR_SECURITY &&
			   pe->directory[KF_PE_DIR_SECURITY].len != 0;
	if (image->is_signed)
		return edk2_table(image, artifact, env);
	return profile->all_digests ? (1u << KF_NUM_DIGESTS) - 1 : 0;
}

static bool goes_on(const struct edk2_image *image,
		    const struct kf_artifact *artifact)
{
	return artifact->status == KF_OK && !image->beyond.reason;
}

/* examine does, for an image that passed the gate, what needs its bytes. */
static void examine(struct edk2_image *image,
		    const struct edk2_profile *profile,
		    struct kf_artifact *artifact, struct kf_env *env)
{
	unsigned wanted = asked_for(image, profile, artifact, env);

	if (!goes_on(image, artifact))
		return;
	/* SHA-256 is always told: remedies and people ask for it. */
	edk2_digests(image, wanted | 1u << KF_SHA256, artifact, env);
	if (!goes_on(image, artifact))
		return;
	if (!image->hashed)
		edk2_unhashable(image);
	for (size_t i = 0; i < image->num_signatures; i++)
		if (artifact->status == KF_OK)
			edk2_signature_prepare(image->signature[i], image,
					       profile, artifact, env);
}

/* suppose puts a signature that nobody made in place of those that are. */
static void suppose(struct edk2_image *image,
		    const struct edk2_profile *profile,
		    struct kf_artifact *artifact, struct kf_env *env)
{
	struct edk2_signature *s = kf_arena_take(env->arena, sizeof(*s));

	if (!s) {
		artifact->status = KF_NO_MEMORY;
		return;
	}
	image->hypothetical = image->is_signed = true;
	image->signature[0] = s;
	image->num_signatures = 1;
	s->number = 1;
	if (image->source && !image->gate.reason) {
		edk2_digests(image, 1u << KF_SHA256, artifact, env);
		if (goes_on(image, artifact) && !image->hashed)
			edk2_unhashable(image);
	}
	if (artifact->status == KF_OK && !s->skipped.reason)
		edk2_signature_suppose(s, image, profile, artifact, env);
}

/* parse reads the headers, and holds them against the gate. */
static void parse(struct edk2_image *image, const struct edk2_profile *profile,
		  struct kf_artifact *artifact, struct kf_env *env)
{
	image->source = artifact->source;
	if (!artifact->source)
		return;
	artifact->status = kf_pe_read(&image->pe, artifact->source);
	if (artifact->status == KF_OK)
		edk2_gate(image, profile, artifact, env);
	/* What is beyond keyfit in its signatures does not matter to that. */
	image->laid_out = !image->gate.reason && !image->beyond.reason;
}

static void *prepare(struct kf_artifact *artifact,
		     const struct kf_rules *rules, struct kf_env *env)
{
	const struct edk2_profile *profile = rules->profile;
	struct edk2_image *image = kf_arena_take(env->arena, sizeof(*image));

	if (!image) {
		artifact->status = KF_NO_MEMORY;
		return NULL;
	}
	parse(image, profile, artifact, env);
	if (artifact->status == KF_OK && artifact->num_suppose)
		suppose(image, profile, artifact, env);
	else if (artifact->status == KF_OK && !image->gate.reason)
		examine(image, profile, artifact, env);
	if (artifact->status == KF_OK && image->laid_out)
		edk2_load(image, profile, artifact, env);
	return image;
}

static void release(void *state, struct kf_env *env)
{
	struct edk2_image *image = state;

	for (size_t i = 0; i < image->num_signatures; i++) {
		struct edk2_signature *s = image->signature[i];

		if (s->wrapped != s->data)
			env->crypto->signed_close(s->wrapped);
		env->crypto->signed_close(s->data);
	}
}

/* know_one works out what is needed of one certificate. A digest that could
 * not be computed is a fault: it must not read as "not in dbx". */
static enum kf_status know_one(struct edk2_known *known, struct kf_bytes der,
			       const struct edk2_profile *profile,
			       struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_bytes tbs;
	int64_t from;

	if (!kf_spend(env, der.len + KNOW_STEPS))
		return KF_TOO_MUCH;
	kf_digest_of(&known->id, crypto, KF_SHA256, der);
	if (known->id.len == 0)
		return KF_NO_CRYPTO;
	if (!crypto->certificate_times(crypto->self, der, &from,
				       &known->not_after_s))
		known->not_after_s = 0;
	known->has_tbs = edk2_tbs(&tbs, der, profile);
	return known->has_tbs ? edk2_tbs_digests(known->tbs, tbs, crypto)
			      : KF_OK;
}

/* know does so for each certificate of a part. */
static enum kf_status know(struct edk2_part *part,
			   const struct edk2_profile *profile,
			   struct kf_env *env)
{
	struct edk2_certificates c = edk2_certificates(part);
	struct edk2_entry entry;
	enum kf_status status = KF_OK;
	struct edk2_known *known;
	size_t num = 0;

	while (edk2_certificates_next(&c, &entry))
		num++;
	known = kf_arena_take(env->arena, (num + 1) * sizeof(*known));
	if (!known)
		return KF_NO_MEMORY;
	c = edk2_certificates(part);
	part->known = known;
	while (status == KF_OK && edk2_certificates_next(&c, &entry))
		status = know_one(known++, entry.data, profile, env);
	return status;
}

static enum kf_status read_part(struct edk2_part *out, const char *name,
				const struct kf_store *store,
				const struct edk2_profile *profile,
				struct kf_env *env)
{
	const struct kf_part *part = kf_store_part(store, name);

	out->name = name;
	out->presence = kf_store_presence(store, name);
	if (out->presence == KF_PRESENT)
		out->bytes = part->bytes;
	else if (out->presence == KF_UNKNOWN && part)
		out->bytes = part->least;
	return know(out, profile, env);
}

static void *prepare_store(struct kf_store *store,
			   const struct kf_rules *rules, struct kf_env *env)
{
	const struct edk2_profile *profile = rules->profile;
	struct edk2_trust *trust = kf_arena_take(env->arena, sizeof(*trust));

	if (!trust) {
		store->status = KF_NO_MEMORY;
		return NULL;
	}
	trust->mode = edk2_mode(store);
	trust->machine = edk2_machine(store, profile);
	edk2_doubts(trust, store);
	store->status = read_part(&trust->db, "db", store, profile, env);
	if (store->status == KF_OK)
		store->status = read_part(&trust->dbx, "dbx", store, profile,
					  env);
	if (store->status == KF_OK)
		store->status = read_part(&trust->dbt, "dbt", store, profile,
					  env);
	return trust;
}

/* fault words how the firmware fails over its own store, UEFI-107, or over a
 * signature. */
static void fault(struct edk2_case *k)
{
	bool unknown = k->fault == EDK2_PAST;
	struct kf_evidence *e;

	if (k->fault == EDK2_NULL) {
		k->out->answer = KF_REJECT;
		k->out->why = k->fault_signature->content_fault;
		k->out->why.reason = &kf_reasons[KF_REASON_VERIFIER_FAULT];
		return;
	}
	k->out->answer = unknown ? KF_UNDECIDED : KF_REJECT;
	kf_find(&k->out->why, unknown ? KF_REASON_UNPREDICTABLE
				      : KF_REASON_VERIFIER_FAULT, "UEFI-107");
	e = kf_prove(&k->out->why, KF_EV_STORE_PART, k->fault_part);
	e->at = k->fault_at;
	kf_prove_text(&k->out->why,
		      k->fault == EDK2_DIVIDE
		      ? "a signature list says that its entries have size 0, and edk2 divides by that" :
		      k->fault == EDK2_HANG
		      ? "a signature list says that it has size 0, and edk2 never gets past it"
		      : "the sizes in a signature list lead edk2 behind the end of the variable");
}

/* judge runs the decision once, with unknown parts taken for `guess`. */
static enum kf_status judge(struct edk2_case *k)
{
	struct kf_verdict *out = k->out;

	memset(out, 0, sizeof(*out));
	memset(&k->allowed_by, 0, sizeof(k->allowed_by));
	memset(&k->allowed_digest, 0, sizeof(k->allowed_digest));
	k->fault = EDK2_END;
	edk2_judge(k);
	if (k->status != KF_OK)
		return k->status;
	if (k->fault != EDK2_END)
		fault(k);
	if (k->image->beyond.reason && !k->image->gate.reason) {
		out->answer = KF_UNDECIDED;
		out->why = k->image->beyond;
	}
	return KF_OK;
}

/* name_part says on which part an undecided answer waits: the first one that
 * alone turns the answer. */
static enum kf_status name_part(struct edk2_case *k)
{
	const struct edk2_part *part[] = { &k->trust->dbx, &k->trust->db,
					   &k->trust->dbt };
	enum edk2_guess *guess[] = { &k->dbx, &k->db, &k->dbt };
	const char *name = NULL;

	for (size_t i = 0; i < 3 && !name; i++) {
		enum kf_status status;

		if (part[i]->presence != KF_UNKNOWN)
			continue;
		*guess[i] = EDK2_WORST;
		status = judge(k);
		if (status != KF_OK)
			return status;
		*guess[i] = EDK2_BEST;
		if (k->out->answer != KF_ACCEPT)
			name = part[i]->name;
	}
	k->out->answer = KF_UNDECIDED;
	kf_find(&k->out->why, KF_REASON_STORE_PART_UNKNOWN, NULL);
	kf_prove(&k->out->why, KF_EV_STORE_PART, name ? name : "db");
	return KF_OK;
}

/* enforced decides as if Secure Boot were on. A verdict stands when the best
 * and the worst that unknown parts can hold give the same. */
static enum kf_status enforced(struct edk2_case *k)
{
	enum kf_status status;

	k->db = k->dbx = k->dbt = EDK2_BEST;
	status = judge(k);
	if (status != KF_OK || k->out->answer != KF_ACCEPT)
		return status;
	if (k->trust->db.presence != KF_UNKNOWN &&
	    k->trust->dbx.presence != KF_UNKNOWN &&
	    k->trust->dbt.presence != KF_UNKNOWN)
		return KF_OK;
	k->db = k->dbx = k->dbt = EDK2_WORST;
	status = judge(k);
	if (status != KF_OK || k->out->answer == KF_ACCEPT)
		return status;
	k->db = k->dbx = k->dbt = EDK2_BEST;
	return name_part(k);
}

/* not_enforced turns the answer into what a device does that verifies
 * nothing, and keeps the enforced one beside it. UEFI-26. */
static void not_enforced(struct edk2_case *k)
{
	struct kf_verdict *out = k->out;
	bool setup = k->trust->mode == EDK2_SETUP_MODE;
	struct kf_finding *w;

	out->not_enforced = true;
	out->enforced_answer = out->answer;
	out->enforced = out->why;
	memset(&out->why, 0, sizeof(out->why));
	out->answer = KF_ACCEPT;
	w = kf_warn(out, KF_REASON_NOT_ENFORCED, "UEFI-26");
	if (w)
		kf_prove_text(w, setup ? "it has no platform key and is in setup mode"
				       : "Secure Boot is off");
	if (k->image->gate.reason) {
		out->answer = KF_REJECT;
		out->why = k->image->gate;
	}
}

/* machine_fits: an image for another machine passes verification, but is not
 * started, unless it is byte code that the firmware runs. UEFI-110. */
static bool machine_fits(struct edk2_case *k)
{
	const struct kf_pe *pe = &k->image->pe;
	uint16_t machine = pe->machine;
	const char *name = kf_pe_machine_name(machine);

	if (!k->trust->machine || !k->image->source ||
	    machine == k->trust->machine ||
	    (machine == KF_PE_MACHINE_EBC && k->profile->byte_code &&
	     pe->subsystem < KF_PE_RUNTIME_DRIVER))
		return true;
	k->out->answer = KF_REJECT;
	kf_find(&k->out->why, KF_REASON_WRONG_MACHINE, "UEFI-110");
	kf_prove_field(&k->out->why, "Machine",
		       (uint64_t)k->image->pe.pe_at + 4, 2);
	kf_prove_value(&k->out->why, machine, k->trust->machine);
	kf_prove_text(&k->out->why, name ? name : "unknown machine");
	return false;
}

/* load_it adds what the loader makes of an image that was let through. */
static void load_it(struct edk2_case *k)
{
	struct kf_verdict *out = k->out;

	if (out->answer != KF_ACCEPT || !machine_fits(k))
		return;
	if (k->image->source && !k->image->laid_out) {
		out->answer = KF_UNDECIDED;
		out->why = k->image->beyond;
		return;
	}
	if (!k->image->load.reason)
		return;
	out->why = k->image->load;
	out->answer = k->image->load.reason ==
		      &kf_reasons[KF_REASON_BEYOND_LIMITS] ? KF_UNDECIDED
							   : KF_REJECT;
}

static enum kf_status decide(struct kf_verdict *out, void *state,
			     const struct kf_store *store,
			     const struct kf_rules *rules, struct kf_env *env)
{
	struct edk2_case k = {
		.image = state,
		.trust = kf_store_state(store, rules),
		.profile = rules->profile,
		.judged = rules->judged,
		.env = env,
		.out = out,
	};
	enum kf_status status = enforced(&k);
	bool waits;

	if (status != KF_OK)
		return status;
	if (k.trust->mode > EDK2_UNSURE)
		not_enforced(&k);
	waits = edk2_waits(&k);
	load_it(&k);
	edk2_doubt(&k, waits);
	edk2_warn(&k);
	out->outcome = kf_boot_outcome(out);
	return KF_OK;
}

const struct kf_verifier kf_rules_edk2 = {
	.name = "edk2",
	.title = "UEFI Secure Boot: image verification of edk2 firmware",
	.family = "UEFI",
	.stage = "boot",
	.formats = formats,
	.parts = parts,
	.choices = choices,
	.profiles = profiles,
	.prepare = prepare,
	.prepare_store = prepare_store,
	.release = release,
	.decide = decide,
};
