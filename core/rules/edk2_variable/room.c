/* What becomes of the variable, and whether there is room for it. UEFI-54,
 * UEFI-55, UEFI-130.
 *
 * Source: edk2 MdeModulePkg/Universal/Variable/RuntimeDxe/Variable.c:
 * VariableServiceSetVariable, UpdateVariable; VariableSmmRuntimeDxe.c:
 * RuntimeServiceSetVariable; VariableSmm.c:VariableServiceInitialize;
 * SecurityPkg/Library/AuthVariableLib/AuthService.c:FilterSignatureList.
 */
#include "edk2_variable.h"

#include "core/siglist.h"

#include <string.h>

/* name_len is what a variable's name takes, with its end. */
static uint64_t name_len(const struct edk2_variable_case *k)
{
	const char *name = kf_variables[k->device->target].name;

	return 2 * (kf_text(name).len + 1);
}

static bool refuse(struct edk2_variable_case *k, const char *what,
		   uint64_t need, uint64_t bound)
{
	edk2_variable_refuse(k, KF_REASON_UPDATE_NO_SPACE, "UEFI-130");
	kf_prove_field(&k->refused, what, 0, 0);
	kf_prove_value(&k->refused, need, bound);
	return false;
}

bool edk2_variable_call_fits(struct edk2_variable_case *k)
{
	uint64_t bound = k->profile->max_call - name_len(k);

	if (!k->profile->max_call || k->update->size <= bound)
		return true;
	return refuse(k, "file size", k->update->size, bound);
}

/* most is how many bytes the variable can hold. */
static uint64_t most(const struct edk2_variable_case *k)
{
	return k->profile->max_variable - EDK2_VARIABLE_RECORD - name_len(k);
}

bool edk2_variable_fits(struct edk2_variable_case *k)
{
	if (k->update->value.len <= most(k))
		return true;
	return refuse(k, "value size", k->update->value.len, most(k));
}

/* What a look for one entry among those that are there said. */
enum look { NEW, KNOWN, STOPPED };

/* broken: this firmware holds lists that are there against their sizes, and
 * refuses the append over them. UEFI-54. */
static bool broken(struct edk2_variable_case *k,
		   const struct edk2_variable_list *l)
{
	uint64_t around = KF_SIGLIST_HEADER_LEN + l->header_len;

	if (!k->profile->checks_old ||
	    (l->whole && l->len <= l->left && l->len >= around &&
	     l->entry_len && (l->len - around) % l->entry_len == 0))
		return false;
	edk2_variable_refuse(k, KF_REASON_STORE_MALFORMED, "UEFI-54");
	kf_prove_field(&k->refused, "SignatureListSize",
		       l->at + KF_GUID_LEN, 4);
	kf_prove(&k->refused, KF_EV_STORE_PART, k->device->old.name);
	return true;
}

/* in_list looks for an entry in one list. */
static enum look in_list(struct edk2_variable_case *k,
			 const struct edk2_variable_list *l,
			 struct kf_bytes entry)
{
	uint64_t around = KF_SIGLIST_HEADER_LEN + l->header_len;
	struct kf_bytes old = k->device->old.bytes;

	if (!l->whole || l->len < around) {
		edk2_variable_unpredictable(k, k->device->old.name, l->at,
					    "the sizes in a signature list lead edk2 behind the end of the variable");
		return STOPPED;
	}
	for (uint64_t at = around; l->len - at >= entry.len; at += entry.len)
		if (kf_equal(kf_part_of(old, l->at + at, entry.len), entry))
			return KNOWN;
	return NEW;
}

/* find looks for an entry in what is there. */
static enum look find(struct edk2_variable_case *k,
		      const struct edk2_variable_list *new,
		      struct kf_bytes entry)
{
	struct edk2_variable_list l;
	uint64_t at = 0;

	while (edk2_variable_list(&l, k->device->old.bytes, at)) {
		enum look look = NEW;

		if (broken(k, &l))
			return STOPPED;
		if (l.sized && l.len > l.left)
			return NEW;
		if (!l.whole || (kf_equal(l.type, new->type) &&
				 l.entry_len == new->entry_len))
			look = in_list(k, &l, entry);
		if (look != NEW)
			return look;
		if (l.len == 0) {
			edk2_variable_fault(k, k->device->old.name, l.at,
					    "a signature list says that it has size 0, and edk2 never gets past it");
			return STOPPED;
		}
		at += l.len;
	}
	return NEW;
}

/* kept_of counts the bytes of one list that are left of it once known entries
 * are dropped. Returns false where the firmware gets no further. */
static bool kept_of(struct edk2_variable_case *k, uint64_t *out,
		    const struct edk2_variable_list *l)
{
	uint64_t kept = 0;

	if (l->len < KF_SIGLIST_HEADER_LEN) {
		edk2_variable_unpredictable(k, k->device->old.name, l->at,
					    "a signature list of the update is shorter than its header");
		return false;
	}
	for (uint64_t at = KF_SIGLIST_HEADER_LEN; at < l->len;
	     at += l->entry_len) {
		struct kf_bytes entry = kf_part_of(k->update->value,
						   l->at + at, l->entry_len);
		enum look look;

		if (!kf_spend(k->env, k->device->old.bytes.len + 1))
			k->status = KF_TOO_MUCH;
		look = find(k, l, entry);
		if (look == STOPPED || k->status != KF_OK)
			return false;
		kept += look == NEW;
	}
	*out += kept ? KF_SIGLIST_HEADER_LEN + kept * l->entry_len : 0;
	return true;
}

/* append puts what is new behind what is there. What is there of PK is not
 * looked at. UEFI-54. */
static bool append(struct edk2_variable_case *k)
{
	const struct edk2_variable_part *old = &k->device->old;
	struct kf_bytes value = k->update->value;
	bool all = kf_equal(kf_text(old->name), kf_text("pk"));
	struct edk2_variable_list l;
	uint64_t kept = all ? value.len : 0;

	for (uint64_t at = 0; !all && edk2_variable_list(&l, value, at);
	     at += l.len)
		if (!kept_of(k, &kept, &l))
			return !k->refused.reason;
	k->no_effect = kept == 0;
	if (old->bytes.len + kept <= most(k))
		return true;
	return refuse(k, "size with what is there", old->bytes.len + kept,
		      most(k));
}

/* erase: an empty value that is not appended deletes the variable. UEFI-55. */
static bool erase(struct edk2_variable_case *k)
{
	const struct edk2_variable_part *old = &k->device->old;

	if (old->presence == KF_PRESENT)
		return true;
	if (old->presence == KF_UNKNOWN)
		return edk2_variable_waits(k, old->name, "UEFI-55");
	edk2_variable_refuse(k, KF_REASON_UPDATE_NOTHING_TO_DELETE,
			     "UEFI-55");
	kf_prove(&k->refused, KF_EV_STORE_PART, old->name);
	return false;
}

bool edk2_variable_write(struct edk2_variable_case *k)
{
	const struct edk2_variable_part *old = &k->device->old;
	bool appends = k->attributes & EDK2_VARIABLE_APPEND;

	if (k->update->no_file)
		return true;
	if (!appends)
		return k->update->value.len ? true : erase(k);
	k->no_effect = k->update->value.len == 0;
	if (k->no_effect || old->presence == KF_ABSENT)
		return true;
	if (old->presence == KF_UNKNOWN)
		return edk2_variable_waits(k, old->name, "UEFI-54");
	return append(k);
}
