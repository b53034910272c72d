/* The sections of system.conf that come several times: slots, event logs,
 * artifact repositories.
 *
 * Source: rauc/rauc, src/config_file.c:load_config at v1.8, parse_slots,
 * parse_artifact_repos and r_event_log_parse_config_sections at v1.13 and
 * 3991031 (1.16-dev).
 */
#include "rauc.h"

#include <string.h>

/* part_of cuts the field of a dotted name; `index` from 0. Empty: there is
 * none. */
static struct kf_bytes part_of(struct kf_bytes name, size_t index)
{
	size_t from = 0;

	for (size_t i = 0; i < name.len; i++) {
		if (name.data[i] != '.')
			continue;
		if (index-- == 0)
			return kf_part_of(name, from, i - from);
		from = i + 1;
	}
	return index == 0 ? kf_part_of(name, from, name.len - from)
			  : kf_view(NULL, 0);
}

static size_t count_dots(struct kf_bytes name)
{
	size_t num = 0;

	for (size_t i = 0; i < name.len; i++)
		num += name.data[i] == '.';
	return num;
}

static bool has_blank(struct kf_bytes text, bool any)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c == ' ' || c == '\t' || (any && c >= '\n' && c <= '\r'))
			return true;
	}
	return false;
}

/* ends tells whether a text ends with a word. */
static bool ends(struct kf_bytes text, const char *word)
{
	struct kf_bytes w = kf_text(word);

	return text.len >= w.len &&
	       kf_equal(kf_part_of(text, text.len - w.len, w.len), w);
}

static void read_region(struct rauc_read *r)
{
	struct kf_bytes region;

	if (!rauc_text(&region, r, "region-start", RAUC_TEXT) ||
	    !rauc_text(&region, r, "region-size", RAUC_TEXT))
		rauc_refuse(r, NULL, "region-start or region-size is missing");
}

static void read_type(struct kf_bytes *out, struct rauc_read *r,
		      struct kf_bytes device)
{
	bool newest = r->profile->version >= RAUC_1_16;
	struct kf_bytes type, region;

	if (!rauc_text(&type, r, "type", RAUC_MAYBE))
		return;
	*out = type;
	if (!rauc_among(type, "raw ext4 ubifs ubivol nand nor boot-emmc "
			"boot-mbr-switch boot-gpt-switch vfat "
			"boot-raw-fallback"))
		rauc_refuse(r, NULL, "type is none that RAUC knows");
	if (newest && rauc_is(type, "boot-emmc")) {
		if (ends(device, "boot0") || ends(device, "boot1"))
			rauc_refuse(r, NULL, "device is a boot partition of an eMMC");
		(void)rauc_text(&region, r, "size-limit", RAUC_TEXT);
	}
	if (rauc_among(type, "boot-mbr-switch boot-gpt-switch "
		       "boot-raw-fallback"))
		read_region(r);
}

static void read_slot(struct rauc_slot *slot, struct rauc_read *r,
		      struct kf_bytes loader)
{
	static const struct rauc_key keys[] = {
		{ "description", RAUC_MAYBE, 0 },
		{ "extra-mkfs-opts", RAUC_MAYBE, RAUC_1_13 },
		{ "allow-mounted", RAUC_TRUTH, 0 },
		{ "readonly", RAUC_TRUTH, 0 },
		{ "install-same", RAUC_TRUTH, 0 },
		{ "force-install-same", RAUC_TRUTH, 0 },
		{ "ignore-checksum", RAUC_TRUTH, 0 },
		{ "extra-mount-opts", RAUC_MAYBE, 0 },
		{ "resize", RAUC_TRUTH, 0 },
		{ NULL, RAUC_MAYBE, 0 },
	}, efi[] = {
		{ "efi-loader", RAUC_MAYBE, RAUC_1_16 },
		{ "efi-cmdline", RAUC_MAYBE, RAUC_1_16 },
		{ NULL, RAUC_MAYBE, 0 },
	};
	struct kf_bytes device;

	if (!rauc_text(&device, r, "device", RAUC_TEXT))
		rauc_refuse(r, NULL, "device is missing");
	rauc_take_all(r, keys);
	read_type(&slot->type, r, device);
	slot->has_bootname = rauc_text(&slot->bootname, r, "bootname",
				       RAUC_MAYBE);
	if (slot->has_bootname && r->profile->version > RAUC_1_8 &&
	    has_blank(slot->bootname, r->profile->version >= RAUC_1_16))
		rauc_refuse(r, NULL, "bootname has a blank in it");
	slot->has_parent = rauc_text(&slot->parent, r, "parent", RAUC_MAYBE);
	if (rauc_is(loader, "efi"))
		rauc_take_all(r, efi);
	rauc_end(r);
}

static void add_slot(struct rauc_config *out, struct rauc_read *r,
		     struct kf_bytes name, struct kf_bytes loader)
{
	struct rauc_slot *slot;

	if (count_dots(name) != 2) {
		rauc_refuse(r, NULL, "a slot is slot.CLASS.INDEX");
		return;
	}
	if (out->num_slots == RAUC_SLOTS_MAX) {
		r->status = KF_TOO_MUCH;
		return;
	}
	slot = &out->slot[out->num_slots++];
	slot->class = part_of(name, 1);
	slot->name = kf_part_of(name, 5, name.len - 5);
	read_slot(slot, r, loader);
}

static void read_events(struct rauc_read *r)
{
	struct kf_bytes *event;
	size_t num;

	if (!rauc_list(&event, &num, r, "events", RAUC_LIST))
		return;
	for (size_t i = 0; i < num; i++)
		if (!rauc_among(event[i], "all boot mark install service "
				"writeslot") ||
		    (num > 1 && rauc_is(event[i], "all")))
			rauc_refuse(r, NULL, "events has what RAUC does not know");
}

static void read_log(struct rauc_read *r, bool has_data)
{
	struct kf_bytes file, format, size;
	int32_t files = 10;

	if (!rauc_text(&file, r, "filename", RAUC_TEXT))
		rauc_refuse(r, NULL, "filename is missing");
	else if (file.data[0] != '/' && !has_data)
		rauc_refuse(r, NULL, "a relative filename needs data-directory");
	if (rauc_text(&format, r, "format", RAUC_TEXT) &&
	    !rauc_among(format, "readable short json json-pretty"))
		rauc_refuse(r, NULL, "format is none that RAUC knows");
	read_events(r);
	(void)rauc_text(&size, r, "max-size", RAUC_TEXT);
	if (rauc_count(&files, r, "max-files") && (files < 1 || files > 1000))
		rauc_refuse(r, NULL, "max-files is out of bounds");
	rauc_end(r);
}

static void read_repository(struct rauc_read *r, struct kf_bytes name)
{
	struct kf_bytes text, type;

	if (count_dots(name) != 1)
		rauc_refuse(r, NULL, "a repository is artifacts.NAME");
	(void)rauc_text(&text, r, "description", RAUC_MAYBE);
	if (!rauc_text(&text, r, "path", RAUC_TEXT) ||
	    !rauc_text(&type, r, "type", RAUC_TEXT))
		rauc_refuse(r, NULL, "path or type is missing");
	else if (!rauc_among(type, "files trees composefs"))
		rauc_refuse(r, NULL, "type is none that RAUC knows");
	if (rauc_text(&text, r, "parent-class", RAUC_MAYBE))
		rauc_refuse(r, NULL, "parent-class is not supported");
	rauc_end(r);
}

void rauc_slots(struct rauc_config *out, struct rauc_read *r,
		struct kf_bytes bootloader, bool has_data)
{
	for (r->group = 0; r->group < r->file->num_groups; r->group++) {
		struct kf_bytes name = r->file->group[r->group].name;
		bool newer = r->profile->version >= RAUC_1_13;

		if (r->file->group[r->group].taken)
			continue;
		if (rauc_is(part_of(name, 0), "slot"))
			add_slot(out, r, name, bootloader);
		else if (newer && rauc_starts(name, "log."))
			read_log(r, has_data);
		else if (newer && rauc_is(part_of(name, 0), "artifacts"))
			read_repository(r, name);
	}
}

static const struct rauc_slot *slot_of(const struct rauc_config *config,
				       struct kf_bytes name)
{
	for (size_t i = 0; i < config->num_slots; i++)
		if (kf_equal(config->slot[i].name, name))
			return &config->slot[i];
	return NULL;
}

/* loops tells whether a slot's parents never end. */
static bool loops(const struct rauc_config *config,
		  const struct rauc_slot *slot)
{
	for (size_t i = 0; slot && slot->has_parent; i++) {
		if (i > RAUC_SLOTS_MAX)
			return true;
		slot = slot_of(config, slot->parent);
	}
	return false;
}

/* is_again tells whether a slot before this one has its bootname. */
static bool is_again(const struct rauc_config *config, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (config->slot[i].has_bootname &&
		    kf_equal(config->slot[i].bootname,
			     config->slot[index].bootname))
			return true;
	return false;
}

void rauc_slots_check(struct rauc_config *out, struct rauc_read *r)
{
	for (size_t i = 0; i < out->num_slots; i++) {
		const struct rauc_slot *slot = &out->slot[i];

		r->group = r->file->num_groups;
		if (slot->has_parent && !slot_of(out, slot->parent))
			rauc_refuse(r, NULL, "a slot's parent is not there");
		else if (slot->has_parent && slot->has_bootname)
			rauc_refuse(r, NULL, "a slot with a parent has a bootname");
		else if (loops(out, slot))
			rauc_refuse(r, NULL, "the parents of slots go round");
		if (slot->has_bootname && is_again(out, i))
			rauc_refuse(r, NULL, "two slots have one bootname");
	}
}
