/* Which SBAT level a device is at once shim has started, and whether shim
 * itself survives it. UEFI-60, UEFI-68, UEFI-71.
 *
 * shim keeps the level that the device has, unless the one that it brings is
 * of a later date; rows are never merged. A level that revokes shim itself
 * powers the machine off.
 *
 * Source: rhboot/shim, sbat.c:set_sbat_uefi_variable,
 * preserve_sbat_uefi_variable, nth_sbat_field, check_sbat_var_attributes;
 * include/sbat.h (15.6: the levels themselves); shim.c:efi_main.
 */
#include "shim.h"

#include "core/shim_level.h"

enum {
	LEVEL_COLUMNS = 3,
	LEVEL_REQUIRED = 2,
	SECTION_COLUMNS = 6,
};

/* The other level that 15.6 has built in. */
static const char latest_of_15_6[] = "sbat,1,2022052400\nshim,2\ngrub,2\n";

/* unreadable notes that shim turns the machine off over a text that it cannot
 * read, from the row at `at` on. */
static void unreadable(struct shim_level *level, const char *part,
		       uint64_t at)
{
	kf_find(&level->stops, KF_REASON_SBAT_LEVEL_MALFORMED, "UEFI-60");
	kf_prove(&level->stops, KF_EV_STORE_PART, part)->at = at;
}

/* revoked notes that shim turns the machine off over its own rows. */
static void revoked(struct shim_level *level, const struct shim_row *row,
		    const struct shim_row *by)
{
	struct kf_finding *f = &level->stops;
	struct kf_evidence *e;

	kf_find(f, KF_REASON_SHIM_REVOKED, "UEFI-71");
	e = kf_prove(f, KF_EV_STORE_PART, level->kept ? "sbat-level" : "shim");
	e->bytes = level->text;
	e->at = by->at;
	e->len = by->name.len + 1 + by->number.len;
	e = kf_prove(f, KF_EV_FIELD, ".sbat");
	e->at = row->at;
	e->len = row->name.len + 1 + row->number.len;
	e->bytes = row->name;
	kf_prove_value(f, row->generation, by->generation);
}

/* check_self holds shim's own rows against the level. */
static enum kf_status check_self(struct shim_level *level,
				 const struct shim_trust *trust,
				 struct kf_env *env)
{
	const struct shim_row *row, *by = NULL;
	struct shim_rows own = { .num = 0 };
	enum kf_status status;

	if (level->rows.malformed) {
		unreadable(level, level->kept ? "sbat-level" : "shim",
			   level->rows.malformed_at);
		return KF_OK;
	}
	status = shim_rows_read(&own, trust->shim.sbat, SECTION_COLUMNS,
				SECTION_COLUMNS, env);
	if (status != KF_OK)
		return status;
	row = shim_revoked_row(&own, &level->rows, &by);
	if (row)
		revoked(level, row, by);
	if (own.malformed && level->rows.num)
		unreadable(level, "shim", own.malformed_at);
	return KF_OK;
}

/* candidate_of is the level that shim brings for a policy. */
static struct kf_bytes candidate_of(const struct shim_trust *trust,
				    const struct shim_profile *profile,
				    unsigned policy)
{
	if (profile->carries_levels)
		return policy == SHIM_LATEST ? trust->shim.latest
					     : trust->shim.automatic;
	return kf_text(policy == SHIM_LATEST ? latest_of_15_6
					     : kf_shim_level_original);
}

static enum kf_status choose(struct shim_level *level,
			     const struct shim_trust *trust,
			     const struct kf_store *store,
			     const struct shim_profile *profile,
			     struct kf_env *env, unsigned policy)
{
	const struct kf_part *part = kf_store_part(store, "sbat-level");
	struct kf_bytes candidate = candidate_of(trust, profile, policy);
	enum kf_status status;

	level->open = !trust->has_shim || candidate.len == 0 ||
		      kf_store_presence(store, "sbat-level") == KF_UNKNOWN;
	if (level->open)
		return KF_OK;
	level->kept = part && part->presence == KF_PRESENT &&
		      kf_shim_level_stays(part, candidate);
	level->text = level->kept ? part->bytes : candidate;
	status = shim_rows_read(&level->rows, level->text, LEVEL_COLUMNS,
				LEVEL_REQUIRED, env);
	return status == KF_OK ? check_self(level, trust, env) : status;
}

enum kf_status shim_levels(struct shim_trust *trust,
			   const struct kf_store *store,
			   const struct shim_profile *profile,
			   struct kf_env *env)
{
	const struct kf_part *policy = kf_store_part(store, "sbat-policy");
	enum kf_status status = KF_OK;

	for (unsigned i = 0; i < SHIM_NUM_LEVELS && status == KF_OK; i++)
		status = choose(&trust->level[i], trust, store, profile, env,
				i);
	trust->policy = SHIM_AUTOMATIC;
	if (kf_store_presence(store, "sbat-policy") == KF_UNKNOWN)
		trust->doubts |= 1u << SHIM_DOUBT_POLICY;
	else if (policy && policy->presence == KF_PRESENT &&
		 policy->bytes.len &&
		 policy->bytes.data[0] == KF_SHIM_POLICY_LATEST)
		trust->policy = SHIM_LATEST;
	if (trust->level[0].open || trust->level[1].open)
		trust->doubts |= 1u << SHIM_DOUBT_LEVEL;
	return status;
}
