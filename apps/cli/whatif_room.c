/* How much of a device's flash the changed variables take: a copy of its store
 * file is written with them, tidied up, as the firmware does before it gives
 * up. UEFI-130.
 *
 * Source: edk2 MdeModulePkg/Universal/Variable/RuntimeDxe/Variable.c:
 * UpdateVariable, Reclaim.
 */
#include "say.h"
#include "whatif.h"

#include "core/ovmf.h"
#include "host/device.h"

#include <stdlib.h>
#include <string.h>

/* used_of is what the records of a store take. */
static uint64_t used_of(struct kf_bytes file)
{
	struct kf_ovmf store;
	struct kf_ovmf_record record;
	struct kf_ovmf_walk walk;

	if (!kf_ovmf_find(&store, file))
		return 0;
	walk = kf_ovmf_walk(&store);
	while (kf_ovmf_next(&walk, &record))
		;
	return walk.at - store.first_at;
}

/* changes_of collects the variables that differ. What is not known takes no
 * room: then nothing can be told. */
static size_t changes_of(struct kf_ovmf_change *out, const struct kf_whatif *w,
			 bool *known)
{
	size_t num = 0;

	for (size_t i = 0; i < w->num_steps; i++) {
		const struct kf_change *change = w->step[i].change;
		const struct kf_part *part = change->part
			? kf_store_part(&w->after.shim, change->part) : NULL;
		const struct kf_variable *v = change->part
			? kf_variable_of(change->part) : NULL;
		bool twice = false;

		for (size_t n = 0; n < num; n++)
			twice |= out[n].variable == v;
		if (!v || !part || twice ||
		    change->kind == KF_CHANGE_SETTING)
			continue;
		*known &= part->presence != KF_UNKNOWN;
		out[num].variable = v;
		out[num].absent = part->presence != KF_PRESENT;
		out[num].bytes = part->bytes;
		out[num].attributes = part->attributes;
		out[num++].time = part->time;
	}
	return num;
}

/* weigh writes both copies into `room`, which is as long as the file. */
static void weigh(struct kf_room *out, uint8_t *room, struct kf_bytes file,
		  const struct kf_whatif *w)
{
	struct kf_ovmf_change change[KF_NUM_VARIABLES];
	struct kf_ovmf store;
	enum kf_status status;
	bool known = true;
	size_t num;

	memset(change, 0, sizeof(change));
	num = changes_of(change, w, &known);
	if (!known || !kf_ovmf_find(&store, file) ||
	    kf_ovmf_write(room, file, NULL, 0) != KF_OK)
		return;
	out->all = store.end_at - store.first_at;
	out->used = used_of(kf_view(room, file.len));
	status = kf_ovmf_write(room, file, change, num);
	out->known = status == KF_OK || status == KF_TOO_MUCH;
	out->fits = status == KF_OK;
	if (out->fits)
		out->needed = used_of(kf_view(room, file.len));
}

int kf_whatif_room(struct kf_room *out, const char *path,
		   const struct kf_whatif *whatif)
{
	const struct kf_store_kind *kind = whatif->before.firmware.kind;
	struct kf_text_file file = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status status;
	uint8_t *room;

	memset(out, 0, sizeof(*out));
	if (!path || !kind || strcmp(kind->name, "ovmf") != 0)
		return KF_EXIT_FITS;
	status = kf_text_file_read(&file, path, KF_STORE_FILE_MAX, &why);
	if (status != KF_OK)
		return kf_say_failure(path, status, &why);
	room = malloc(file.bytes.len);
	if (!room)
		status = KF_NO_MEMORY;
	else
		weigh(out, room, file.bytes, whatif);
	free(room);
	kf_text_file_close(&file);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}
