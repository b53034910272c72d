/* shim as a verifier: its versions, and what is worked out of an artifact and
 * of a store before one is held against the other.
 *
 * Source: rhboot/shim, at the versions named by the profiles.
 */
#include "shim.h"

#include <string.h>

#include "core/siglist.h"

/* What shim's OpenSSL, 1.0.2k in all of these versions, can do. */
#define CMS_1_0_2 (KF_CMS_PARTIAL_CHAIN | KF_CMS_NO_TIME | \
		   KF_CMS_ANY_PURPOSE | KF_CMS_ROOM_BEHIND | KF_CMS_MD5 | \
		   KF_CMS_SHA1 | KF_CMS_RSA_PSS | KF_CMS_SIGNATURE_OID | \
		   KF_CMS_ANY_UNICODE | KF_CMS_ANY_DIGEST_TAG | \
		   KF_CMS_ANY_ANCHOR)

static const struct shim_profile shim_15_6 = {
	.cms = CMS_1_0_2,
};

static const struct shim_profile shim_15_7 = {
	.cms = CMS_1_0_2,
	.carries_levels = true,
	.mirrors_vendor = true,
	.entry_by_memory = true,
};

static const struct shim_profile shim_15_8 = {
	.cms = CMS_1_0_2,
	.sums_checked = true,
	.end_excluded = true,
	.table_summed = true,
	.sbat_last = true,
	.carries_levels = true,
	.tries_level = true,
	.mirrors_vendor = true,
	.detached_checked = true,
	.entry_by_memory = true,
	.reloc_loose = true,
};

static const struct shim_profile shim_16_1 = {
	.cms = CMS_1_0_2,
	.sums_checked = true,
	.end_excluded = true,
	.table_summed = true,
	.sbat_last = true,
	.carries_levels = true,
	.tries_level = true,
	.mirrors_vendor = true,
	.tail_hashed = true,
	.detached_checked = true,
	.entry_by_memory = true,
	.reloc_loose = true,
	.forces_nx = true,
	.keeps_digests = true,
};

extern const struct kf_verifier kf_rules_shim;

static const struct kf_rules profiles[] = {
	{ "shim", "shim, upstream (72fd4b70, 2026-07: as 16.1)",
	  &kf_rules_shim, &shim_16_1, false },
	{ "shim-15.6", "shim 15.6", &kf_rules_shim, &shim_15_6, false },
	{ "shim-15.7", "shim 15.7", &kf_rules_shim, &shim_15_7, false },
	{ "shim-15.8", "shim 15.8", &kf_rules_shim, &shim_15_8, false },
	{ "shim-16.1", "shim 16.1", &kf_rules_shim, &shim_16_1, true },
	{ NULL, NULL, NULL, NULL, false },
};

static const char *const formats[] = { "pe", NULL };

static const char *const parts[] = {
	"pk", "kek", "db", "dbx", "dbt", "shim", "mok", "mokx",
	"mok-sb-state", "mok-db-state", "sbat-level", "sbat-policy",
	"mok-list-trusted", "mok-policy", NULL,
};

static const struct kf_choice choices[] = {
	{ "secure-boot", "on|off",
	  "whether images are verified, whatever the store says" },
	{ "via", "shim|protocol",
	  "who loads the image: shim itself, or a loader that asks shim" },
	{ "nx", "on|off",
	  "whether the firmware keeps code and data in memory apart" },
	{ NULL, NULL, NULL },
};

void shim_beyond(struct shim_image *image, const char *what)
{
	if (image->beyond.reason)
		return;
	kf_find(&image->beyond, KF_REASON_BEYOND_LIMITS, NULL);
	kf_prove_text(&image->beyond, what);
}

void shim_reject(struct shim_case *k, enum kf_reason_id reason,
		 const char *rule)
{
	k->out->answer = KF_REJECT;
	kf_find(&k->out->why, reason, rule);
}

bool shim_inside(const struct shim_profile *profile, uint64_t address,
		 uint64_t size)
{
	return address < size || (address == size && !profile->end_excluded);
}

bool shim_takes_worst(const struct shim_case *k, enum shim_doubt doubt)
{
	return (k->worst & 1u << doubt) != 0;
}

static bool goes_on(const struct shim_image *image,
		    const struct kf_artifact *artifact)
{
	return artifact->status == KF_OK && !image->gate.reason &&
	       !image->beyond.reason;
}

/* suppose puts a signature that nobody made in place of those that are. */
static void suppose(struct shim_image *image,
		    const struct shim_profile *profile,
		    struct kf_artifact *artifact, struct kf_env *env)
{
	struct shim_signature *s = kf_arena_take(env->arena, sizeof(*s));

	if (!s) {
		artifact->status = KF_NO_MEMORY;
		return;
	}
	s->number = 1;
	image->hypothetical = image->is_signed = true;
	image->signature[0] = s;
	image->num_signatures = 1;
	shim_signature_suppose(s, profile, artifact, env);
}

/* signatures reads those that the file has. */
static void signatures(struct shim_image *image,
		       const struct shim_profile *profile,
		       struct kf_artifact *artifact, struct kf_env *env)
{
	image->is_signed = image->pe.directory[KF_PE_DIR_SECURITY].len != 0;
	if (!image->is_signed || image->unhashable.reason)
		return;
	shim_table(image, profile, artifact, env);
	for (size_t i = 0; i < image->num_signatures; i++)
		if (goes_on(image, artifact))
			shim_signature_prepare(image->signature[i], image,
					       profile, artifact, env);
}

/* examine works out what depends on the file alone. */
static void examine(struct shim_image *image,
		    const struct shim_profile *profile,
		    struct kf_artifact *artifact, struct kf_env *env)
{
	shim_parse(image, profile, artifact, env);
	if (goes_on(image, artifact))
		shim_digests(image, profile, artifact, env);
	if (goes_on(image, artifact) && !artifact->num_suppose)
		signatures(image, profile, artifact, env);
	if (goes_on(image, artifact))
		shim_sbat_find(image, artifact, env);
	if (goes_on(image, artifact) && !image->unhashable.reason)
		shim_layout(image, profile, artifact, env);
}

static void *prepare(struct kf_artifact *artifact,
		     const struct kf_rules *rules, struct kf_env *env)
{
	const struct shim_profile *profile = rules->profile;
	struct shim_image *image = kf_arena_take(env->arena, sizeof(*image));

	if (!image) {
		artifact->status = KF_NO_MEMORY;
		return NULL;
	}
	image->source = artifact->source;
	if (artifact->source)
		examine(image, profile, artifact, env);
	if (artifact->status == KF_OK && artifact->num_suppose)
		suppose(image, profile, artifact, env);
	return image;
}

static void release(void *state, struct kf_env *env)
{
	struct shim_image *image = state;

	for (size_t i = 0; i < image->num_signatures; i++) {
		struct shim_signature *s = image->signature[i];

		if (s->wrapped != s->data)
			env->crypto->signed_close(s->wrapped);
		env->crypto->signed_close(s->data);
	}
}

/* read_shim reads the shim binary. That a store holds none says nothing: it is
 * no variable. */
static enum kf_status read_shim(struct shim_trust *trust,
				const struct kf_store *store,
				struct kf_env *env)
{
	const struct kf_part *part = kf_store_part(store, "shim");
	struct shim_certificate *vendor = &trust->vendor;

	if (part && part->presence == KF_PRESENT) {
		kf_shim_read(&trust->shim, part->bytes);
		trust->has_shim = trust->shim.has_table;
		if (!trust->has_shim) {
			kf_find(&trust->malformed, KF_REASON_STORE_MALFORMED,
				"UEFI-60");
			kf_prove_field(&trust->malformed, ".vendor_cert", 0,
				       0);
		}
	}
	if (!trust->has_shim) {
		trust->doubts |= 1u << SHIM_DOUBT_SHIM;
		return KF_OK;
	}
	if (!kf_shim_is_certificate(trust->shim.vendor))
		return KF_OK;
	vendor->entry.list = vendor->entry.entry = 1;
	vendor->entry.data = trust->shim.vendor;
	vendor->entry.len = trust->shim.vendor.len;
	/* By itself it may be for modules too. */
	return shim_certificate_read(vendor, trust->shim.vendor, env);
}

/* own_list is what shim puts in front of the MOKs, for itself (since 15.7) and
 * for those whom it shows them. UEFI-63. */
static enum kf_status own_list(struct kf_bytes *out,
			       const struct shim_trust *trust,
			       struct kf_env *env)
{
	*out = kf_view(NULL, 0);
	if (!trust->has_shim || trust->shim.vendor.len == 0)
		return KF_OK;
	if (kf_shim_is_certificate(trust->shim.vendor))
		return kf_siglist_of_certificates(out, &trust->shim.vendor, 1,
						  env->arena);
	*out = trust->shim.vendor;
	return KF_OK;
}

/* starts_with: does a list start with another, whoever owns its first entry?
 * The owner that shim writes there is its own. */
static bool starts_with(struct kf_bytes list, struct kf_bytes own)
{
	const size_t owner_end = KF_SIGLIST_HEADER_LEN + KF_SIGLIST_OWNER_LEN;

	if (own.len <= owner_end)
		return false;
	return kf_equal(kf_part_of(list, 0, KF_SIGLIST_HEADER_LEN),
			kf_part_of(own, 0, KF_SIGLIST_HEADER_LEN)) &&
	       kf_equal(kf_part_of(list, owner_end, own.len - owner_end),
			kf_part_of(own, owner_end, own.len - owner_end));
}

/* unshow takes away what the shim that ran put in front of a list that it
 * shows. Where that is not what this shim has, another one ran, and the
 * owner's part of the list cannot be told. */
static void unshow(struct shim_trust *trust, const struct kf_store *store,
		   enum shim_list_id id, struct kf_bytes own,
		   enum shim_doubt doubt)
{
	struct shim_list *list = &trust->list[id];
	const struct kf_part *part = kf_store_part(store, list->name);

	if (list->open || !part || !part->shown || list->bytes.len == 0)
		return;
	if (starts_with(list->bytes, own)) {
		list->bytes = kf_part_of(list->bytes, own.len,
					 list->bytes.len - own.len);
		return;
	}
	list->bytes = kf_view(NULL, 0);
	list->open = true;
	trust->doubts |= 1u << doubt;
}

/* join puts the owner's list behind shim's own. */
static enum kf_status join(struct shim_list *list, struct kf_bytes own,
			   struct kf_arena *arena)
{
	size_t len = own.len + list->bytes.len;
	uint8_t *both;

	list->own_len = own.len;
	if (own.len == 0)
		return KF_OK;
	both = kf_arena_take(arena, len);
	if (!both)
		return KF_NO_MEMORY;
	memcpy(both, own.data, own.len);
	if (list->bytes.len)
		memcpy(both + own.len, list->bytes.data, list->bytes.len);
	list->bytes = kf_view(both, len);
	return KF_OK;
}

/* read_variable takes a list out of the store. */
static void read_variable(struct shim_trust *trust,
			  const struct kf_store *store, enum shim_list_id id,
			  const char *name, enum shim_doubt doubt)
{
	const struct kf_part *part = id == SHIM_MOK || id == SHIM_MOKX
		? shim_kept_part(store, name) : kf_store_part(store, name);
	struct shim_list *list = &trust->list[id];

	list->name = name;
	list->open = kf_store_presence(store, name) == KF_UNKNOWN;
	if (list->open)
		trust->doubts |= 1u << doubt;
	else if (part && part->presence == KF_PRESENT)
		list->bytes = part->bytes;
}

static enum kf_status read_lists(struct shim_trust *trust,
				 const struct kf_store *store,
				 const struct shim_profile *profile,
				 struct kf_env *env)
{
	struct shim_list *list = trust->list;
	struct kf_bytes own;
	enum kf_status status;

	list[SHIM_VENDOR_DBX].name = list[SHIM_VENDOR_DB].name = "shim";
	list[SHIM_VENDOR_DBX].open = list[SHIM_VENDOR_DB].open =
		!trust->has_shim;
	list[SHIM_VENDOR_DBX].bytes = trust->shim.vendor_dbx;
	if (!trust->vendor.entry.list)
		list[SHIM_VENDOR_DB].bytes = trust->shim.vendor;
	read_variable(trust, store, SHIM_DB, "db", SHIM_DOUBT_DB);
	read_variable(trust, store, SHIM_DBX, "dbx", SHIM_DOUBT_DBX);
	read_variable(trust, store, SHIM_MOK, "mok", SHIM_DOUBT_MOK);
	read_variable(trust, store, SHIM_MOKX, "mokx", SHIM_DOUBT_MOKX);
	status = own_list(&own, trust, env);
	unshow(trust, store, SHIM_MOK, own, SHIM_DOUBT_MOK);
	unshow(trust, store, SHIM_MOKX, trust->shim.vendor_dbx,
	       SHIM_DOUBT_MOKX);
	if (status == KF_OK && profile->mirrors_vendor)
		status = join(&list[SHIM_MOK], own, env->arena);
	for (int i = 0; i < SHIM_NUM_LISTS && status == KF_OK; i++)
		status = shim_list_read(&list[i], env);
	return status;
}

static void *prepare_store(struct kf_store *store,
			   const struct kf_rules *rules, struct kf_env *env)
{
	const struct shim_profile *profile = rules->profile;
	struct shim_trust *trust = kf_arena_take(env->arena, sizeof(*trust));

	if (!trust) {
		store->status = KF_NO_MEMORY;
		return NULL;
	}
	store->status = read_shim(trust, store, env);
	if (store->status == KF_OK)
		store->status = read_lists(trust, store, profile, env);
	if (store->status == KF_OK)
		store->status = shim_levels(trust, store, profile, env);
	shim_enforce(trust, store, profile);
	if (store->num_damage && !trust->malformed.reason) {
		kf_find(&trust->malformed, KF_REASON_STORE_MALFORMED,
			"UEFI-121");
		kf_prove_field(&trust->malformed, store->damage[0].field,
			       store->damage[0].at, 0);
	}
	return trust;
}

static enum kf_status decide(struct kf_verdict *out, void *state,
			     const struct kf_store *store,
			     const struct kf_rules *rules, struct kf_env *env)
{
	struct shim_case k = {
		.image = state,
		.trust = kf_store_state(store, rules),
		.profile = rules->profile,
		.judged = rules->judged,
		.env = env,
		.out = out,
	};
	enum kf_status status = shim_settle(&k);

	/* shim shows what went wrong and waits for somebody to press a key;
	 * where its own level revokes it, it powers the machine off. Nothing
	 * starts by itself in either case. */
	out->outcome = kf_boot_outcome(out);
	return status;
}

const struct kf_verifier kf_rules_shim = {
	.name = "shim",
	.title = "shim: verification of the next boot stage",
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
