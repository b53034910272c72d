/* What shim measures: its variables when it starts, and what allows the images
 * that it is asked about.
 *
 * Source: rhboot/shim, mok.c:mok_state_variable_data, import_one_mok_state,
 * mirror_one_mok_variable; sbat.c:set_sbat_uefi_variable; verify.c (shim.c
 * before 16.0):check_db_cert_in_ram, check_db_hash_in_ram,
 * verify_one_signature; tpm.c:tpm_measure_variable. UEFI-68, UEFI-97, UEFI-98.
 */
#include "measures.h"

#include <string.h>

#include "core/shim_level.h"
#include "core/siglist.h"
#include "core/variables.h"
#include "signatures.h"

enum {
	PCR_POLICY = 7,
	PCR_MOK = 14,
	VERSION_MAX = 16,
};

/* rules_of finds the rules of the version that a shim says it is. */
static const struct kf_rules *rules_of(struct kf_bytes version)
{
	char name[sizeof("shim-") + VERSION_MAX] = "shim-";
	const struct kf_rules *rules;

	if (version.len == 0 || version.len > VERSION_MAX)
		return kf_rules_find("shim");
	memcpy(name + 5, version.data, version.len);
	rules = kf_rules_find(name);
	return rules ? rules : kf_rules_find("shim");
}

bool kf_measures_is_shim(struct kf_shim *out, struct kf_bytes file)
{
	kf_shim_read(out, file);
	return out->has_table;
}

/* kept is a variable that shim finds as it wants it to be kept: for boot time
 * alone. One that is kept otherwise it deletes. */
static const struct kf_part *kept(const struct kf_telling *t,
				  const char *name)
{
	const struct kf_part *part = kf_store_part(t->boot->store[t->side],
						   name);
	const uint32_t wanted = KF_VARIABLE_KEPT | KF_VARIABLE_AT_BOOT;

	if (!part || part->presence != KF_PRESENT)
		return NULL;
	/* Attributes that are not known are 0. */
	if (part->attributes && (!(part->attributes & wanted) ||
				 part->attributes & KF_VARIABLE_AT_RUNTIME))
		return NULL;
	return part;
}

static bool is_unknown(const struct kf_telling *t, const char *name)
{
	return kf_store_presence(t->boot->store[t->side], name) ==
	       KF_UNKNOWN;
}

/* replaced: does shim itself become another one? */
static bool replaced(const struct kf_telling *t)
{
	return t->boot->stage[t->shim_stage].file->replaced;
}

/* leave adds an event of a variable: into PCR 7 as firmware does it, into
 * PCR 14 over the value alone, under the variable's name. */
static void leave(struct kf_telling *t, enum kf_slot slot, const char *part,
		  struct kf_bytes value)
{
	const struct kf_variable *v = kf_variable_of(part);
	bool policy = slot == KF_SLOT_MOK_SB_STATE ||
		      slot == KF_SLOT_SBAT_LEVEL;
	struct kf_measure *m;

	if (!is_unknown(t, part) && value.len == 0)
		return;
	m = kf_measure_add(t, slot, policy ? PCR_POLICY : PCR_MOK,
			   policy ? KF_EV_VARIABLE_AUTHORITY : KF_EV_IPL);
	if (!m)
		return;
	m->data = policy ? kf_variable_data(v->guid, v->name, value,
					    t->env->arena)
			 : kf_view(v->name, kf_text(v->name).len + 1);
	m->over = policy ? m->data : value;
	if (m->data.len == 0)
		t->status = KF_NO_MEMORY;
	m->open = is_unknown(t, part);
	m->same = m->open && !kf_part_differs(t->boot, part) && !replaced(t);
	m->why = m->open ? "it was not given" : NULL;
	m->about = part;
}

/* is_own: shim owns the first entry of a list that it makes. */
static void is_own(uint8_t *list, size_t len)
{
	const struct kf_variable *mok = kf_variable_of("mok");

	if (len >= KF_SIGLIST_HEADER_LEN + KF_SIGLIST_OWNER_LEN)
		memcpy(list + KF_SIGLIST_HEADER_LEN, mok->guid,
		       KF_SIGLIST_OWNER_LEN);
}

/* copy_own copies a list that shim makes. */
static struct kf_bytes copy_own(struct kf_telling *t, enum kf_status made,
				struct kf_bytes list)
{
	uint8_t *copy = made == KF_OK ? kf_arena_take(t->env->arena, list.len)
				      : NULL;

	if (!copy) {
		t->status = KF_NO_MEMORY;
		return kf_view(NULL, 0);
	}
	memcpy(copy, list.data, list.len);
	is_own(copy, list.len);
	return kf_view(copy, list.len);
}

/* no_entry is the list that shim makes where there is nothing: one digest of
 * zeros. */
static struct kf_bytes no_entry(struct kf_telling *t)
{
	static const uint8_t zeros[32];
	struct kf_bytes list = kf_view(NULL, 0);
	enum kf_status made = kf_siglist_of_digest(&list,
		kf_view(zeros, sizeof(zeros)), t->env->arena);

	return copy_own(t, made, list);
}

/* vendor_list is what a shim puts in front of MokList. */
static struct kf_bytes vendor_list(struct kf_telling *t,
				   const struct kf_shim *shim)
{
	struct kf_bytes list = kf_view(NULL, 0);
	enum kf_status made;

	if (shim->vendor.len == 0 || !kf_shim_is_certificate(shim->vendor))
		return shim->vendor;
	made = kf_siglist_of_certificates(&list, &shim->vendor, 1,
					  t->env->arena);
	return copy_own(t, made, list);
}

/* own_of is what a shim puts in front of one of its lists. */
static struct kf_bytes own_of(struct kf_telling *t,
			      const struct kf_shim *shim, const char *part)
{
	return kf_same(part, "mokx") ? shim->vendor_dbx : vendor_list(t, shim);
}

/* without takes a list off the front of another. */
static bool without(struct kf_bytes *list, struct kf_bytes front)
{
	if (!kf_equal(kf_part_of(*list, 0, front.len), front))
		return false;
	*list = kf_part_of(*list, front.len, list->len - front.len);
	return true;
}

/* owners is the owner's part of a list. What shim shows to a running system
 * starts with what the shim that ran had of its own. Fails: false, it starts
 * with something else. */
static bool owners(struct kf_bytes *out, struct kf_telling *t,
		   const char *name)
{
	const struct kf_part *part = kept(t, name);
	struct kf_shim ran;

	*out = part ? part->bytes : kf_view(NULL, 0);
	if (!part || !part->shown)
		return true;
	kf_shim_read(&ran, t->boot->stage[t->shim_stage].file->before);
	return without(out, own_of(t, &ran, name));
}

/* leave_list adds MokList or MokListX as shim hands it on: its own in front,
 * the owner's behind. */
static void leave_list(struct kf_telling *t, enum kf_slot slot,
		       const char *part)
{
	struct kf_bytes own = own_of(t, &t->shim, part), rest;
	bool told = owners(&rest, t, part);
	size_t before = t->out->num;
	uint8_t *both;

	(void)without(&rest, no_entry(t));
	if (own.len + rest.len == 0)
		own = no_entry(t);
	both = kf_arena_take(t->env->arena, own.len + rest.len);
	if (!both) {
		t->status = KF_NO_MEMORY;
		return;
	}
	if (own.len)
		memcpy(both, own.data, own.len);
	if (rest.len)
		memcpy(both + own.len, rest.data, rest.len);
	leave(t, slot, part, kf_view(both, own.len + rest.len));
	if (told || t->out->num == before)
		return;
	t->out->item[before].open = true;
	t->out->item[before].same = !kf_part_differs(t->boot, part) &&
				    !replaced(t);
	t->out->item[before].why = "another shim than this one has shown it";
}

/* candidate_of is the level that shim brings; `*reset`: it takes that whatever
 * the device has. */
static struct kf_bytes candidate_of(const struct kf_telling *t, bool *reset)
{
	const struct kf_part *policy = kf_store_part(t->boot->store[t->side],
						     "sbat-policy");
	uint8_t asked = policy && policy->presence == KF_PRESENT &&
			policy->bytes.len ? policy->bytes.data[0] : 0;

	*reset = t->boot->secure[t->side] == KF_NO &&
		 asked != KF_SHIM_POLICY_LATEST &&
		 asked != KF_SHIM_POLICY_AUTOMATIC;
	if (*reset)
		return kf_text(kf_shim_level_original);
	return asked == KF_SHIM_POLICY_LATEST ? t->shim.latest
					      : t->shim.automatic;
}

/* open_level: what shim finds is not all known. */
static void open_level(struct kf_telling *t, struct kf_measure *m)
{
	m->open = true;
	m->same = !kf_part_differs(t->boot, "sbat-level") &&
		  !kf_part_differs(t->boot, "sbat-policy") &&
		  t->boot->secure[KF_BEFORE] == t->boot->secure[KF_AFTER] &&
		  !replaced(t);
	m->why = "the level and the policy that shim finds are not all given";
}

/* level tells the SBAT level that holds once shim has started. */
static void level(struct kf_telling *t)
{
	const struct kf_part *now = kf_store_part(t->boot->store[t->side],
						  "sbat-level");
	bool here = now && now->presence == KF_PRESENT, reset;
	struct kf_bytes text = candidate_of(t, &reset);
	bool told = text.len && t->boot->secure[t->side] != KF_NOT_ASKED &&
		    !is_unknown(t, "sbat-level") &&
		    !is_unknown(t, "sbat-policy");
	size_t before = t->out->num;

	if (here && !reset && kf_shim_level_stays(now, text))
		text = now->bytes;
	leave(t, KF_SLOT_SBAT_LEVEL, "sbat-level", text);
	if (!told && t->out->num > before)
		open_level(t, &t->out->item[before]);
}

void kf_measures_shim(struct kf_telling *t)
{
	static const uint8_t one[] = { 1 };
	const struct kf_part *part;

	t->shim_rules = rules_of(t->shim.version);
	leave_list(t, KF_SLOT_MOK, "mok");
	leave_list(t, KF_SLOT_MOKX, "mokx");
	part = kept(t, "mok-sb-state");
	leave(t, KF_SLOT_MOK_SB_STATE, "mok-sb-state",
	      part ? part->bytes : kf_view(NULL, 0));
	leave(t, KF_SLOT_MOK_SB_STATE_LOG, "mok-sb-state",
	      part ? part->bytes : kf_view(NULL, 0));
	level(t);
	/* shim drops the value of one that is there, and invents one where
	 * there is none. */
	part = kf_store_part(t->boot->store[t->side], "mok-list-trusted");
	leave(t, KF_SLOT_MOK_LIST_TRUSTED, "mok-list-trusted",
	      part && part->presence == KF_PRESENT ? kf_view(NULL, 0)
						   : kf_view(one, 1));
	part = kept(t, "mok-policy");
	leave(t, KF_SLOT_MOK_POLICY, "mok-policy",
	      part ? part->bytes : kf_view(NULL, 0));
}

/* asking is one question to shim's rules. */
struct asking {
	struct kf_telling *t;
	const struct kf_boot_file *file;
	struct kf_store store;
	struct kf_verdict verdict;
	struct kf_signatures parts;
	struct kf_patch patch;
};

/* ask has shim's rules judge a file. */
static void ask(struct asking *a, const struct kf_source *source,
		struct kf_bytes head)
{
	struct kf_telling *t = a->t;
	struct kf_artifact artifact;

	a->store.num_prepared = 0;
	kf_artifact_read(&artifact, kf_format_of(head, source), source,
			 t->env);
	kf_artifact_prepare(&artifact, t->shim_rules, t->env);
	kf_store_prepare(&a->store, t->shim_rules, t->env);
	t->status = kf_check(&a->verdict, &artifact, &a->store, t->shim_rules,
			     t->env);
	kf_artifact_close(&artifact, t->env);
}

/* vendor_allowed adds what stands for the vendor's own part of shim. */
static void vendor_allowed(struct kf_telling *t,
			   const struct kf_evidence *entry)
{
	const struct kf_variable *db = kf_variable_of("db");
	const struct kf_variable *mok = kf_variable_of("mok");
	struct kf_bytes vendor = t->shim.vendor, list;

	if (!kf_shim_is_certificate(vendor)) {
		kf_measure_authority(t, db->guid, "vendor_db",
				     kf_part_of(vendor, entry->at,
						entry->len));
		return;
	}
	/* Before 15.7 the vendor's certificate was not in the list. */
	if (kf_same(t->shim_rules->name, "shim-15.6")) {
		kf_measure_authority(t, mok->guid, "Shim", vendor);
		return;
	}
	list = vendor_list(t, &t->shim);
	kf_measure_authority(t, mok->guid, "MokListRT",
			     kf_part_of(list, KF_SIGLIST_HEADER_LEN,
					list.len - KF_SIGLIST_HEADER_LEN));
}

/* entry_left adds the event of one entry that shim found, to allow an image or
 * to refuse a signature. Returns false where it cannot be told. */
static bool entry_left(struct kf_telling *t, const struct kf_store *store,
		       const struct kf_finding *why)
{
	const struct kf_evidence *e = NULL;
	const struct kf_variable *v;
	const struct kf_part *part;
	struct kf_bytes list;
	bool old = kf_same(t->shim_rules->name, "shim-15.6");

	for (size_t i = 0; i < why->num_evidence; i++)
		if (why->evidence[i].kind == KF_EV_STORE_ENTRY)
			e = &why->evidence[i];
	if (!e)
		return false;
	if (kf_same(e->name, "shim")) {
		/* What the vendor revokes is in another list. */
		if (why->reason)
			return false;
		vendor_allowed(t, e);
		return true;
	}
	v = kf_variable_of(e->name);
	part = kf_store_part(store, e->name);
	if (!v || !part)
		return false;
	list = part->bytes;
	if (part->shown && !owners(&list, t, e->name))
		return false;
	kf_measure_authority(t, v->guid,
			     kf_same(e->name, "mok") && !old ? "MokListRT"
							  : v->name,
			     kf_part_of(list, e->at, e->len));
	return true;
}

/* each_signature asks about every signature by itself: shim looks at all of
 * them, and measures what each leads to. */
static bool each_signature(struct asking *a, struct kf_bytes bytes)
{
	struct kf_source source = kf_bytes_source(&bytes);
	struct kf_telling *t = a->t;

	t->status = kf_signatures_read(&a->parts, &source, t->env);
	if (t->status != KF_OK || a->parts.unfit != KF_FIT)
		return false;
	for (size_t i = 0; i < a->parts.num; i++) {
		struct kf_wanted one = { .number = (uint32_t)i + 1 };

		t->status = kf_signatures_put(&a->patch, &a->parts, &one, 1,
					      t->env);
		if (t->status == KF_OK)
			ask(a, kf_patch_source(&a->patch),
			    kf_part_of(bytes, 0, bytes.len < 4096 ? bytes.len
								  : 4096));
		if (t->status != KF_OK)
			return false;
		if (a->verdict.answer == KF_UNDECIDED)
			return false;
		if ((a->verdict.answer == KF_ACCEPT ||
		     kf_same(a->verdict.why.rule, "UEFI-62")) &&
		    !entry_left(t, &a->store, &a->verdict.why))
			return false;
	}
	return true;
}

/* judged adds what allows the image; false where that cannot be told. */
static bool judged(struct asking *a, struct kf_bytes bytes)
{
	struct kf_source source = kf_bytes_source(&bytes);
	struct kf_telling *t = a->t;
	bool several;

	ask(a, &source, kf_part_of(bytes, 0, bytes.len < 4096 ? bytes.len
							      : 4096));
	if (t->status != KF_OK || a->verdict.answer != KF_ACCEPT)
		return false;
	if (a->verdict.not_enforced)
		return true;
	several = a->verdict.num_signatures > 1 &&
		  a->verdict.why.num_evidence &&
		  a->verdict.why.evidence[0].kind != KF_EV_DIGEST;
	return several ? each_signature(a, bytes)
		       : entry_left(t, &a->store, &a->verdict.why);
}

void kf_measures_by_shim(struct kf_telling *t, const struct kf_boot_file *file)
{
	struct asking *a = kf_arena_take(t->env->arena, sizeof(*a));
	bool changes = t->boot->shim_differs || file->replaced || replaced(t);
	struct kf_part shim = { .name = "shim", .presence = KF_PRESENT,
				.bytes = t->shim_file };
	enum kf_answer3 secure = t->boot->secure[t->side];
	bool refused;

	if (!a) {
		t->status = KF_NO_MEMORY;
		return;
	}
	a->t = t;
	a->file = file;
	a->store = *t->boot->store[t->side];
	if (!kf_store_put(&a->store, &shim) ||
	    !kf_store_set(&a->store, "via", t->stage == t->shim_stage + 1
			  ? "shim" : "protocol") ||
	    (secure != KF_NOT_ASKED &&
	     !kf_store_set(&a->store, "secure-boot",
			   secure == KF_YES ? "on" : "off"))) {
		t->status = KF_TOO_MUCH;
		return;
	}
	if (secure == KF_NOT_ASKED) {
		kf_measure_undecided(t, changes,
				     "whether Secure Boot is on is not known",
				     "pk");
		return;
	}
	if (judged(a, t->side == KF_AFTER ? file->after : file->before) ||
	    t->status != KF_OK)
		return;
	refused = a->verdict.answer == KF_REJECT;
	kf_measure_undecided(t, changes, refused
			     ? "shim refuses it; what starts then is not known"
			     : "whether shim starts it cannot be told",
			     file->name);
}
