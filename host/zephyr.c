/* How MCUboot was built by Zephyr: its .config, the keys that it names, and
 * the slots of its devicetree.
 *
 * A build folder of sysbuild holds MCUboot's own in `mcuboot`. A build of an
 * application alone says nothing of the bootloader, not even by the key that it
 * signs with: that may be another one. What is not there stays unknown.
 *
 * Source: mcu-tools/mcuboot boot/zephyr/include/mcuboot_config/
 * mcuboot_config.h (options), boot/zephyr/CMakeLists.txt (key files), tag
 * 2d4bacc3; zephyrproject-rtos/zephyr share/sysbuild/cmake/modules/
 * sysbuild_extensions.cmake (a folder an image), cmake/mcuboot.cmake.
 */
#include "device.h"
#include "within.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CONFIG_MAX = 1 << 20,
	PATH_LEN = 4096,
	OPTIONS_LEN = 1024,
	NODE_LEN = 4096,	/* properties of a node of the devicetree */
};

/* build is one that was found. */
struct build {
	struct kf_bytes config;
	char folder[PATH_LEN];	/* that has zephyr/ in it; "": none */
	bool application;	/* it is of what MCUboot starts: of MCUboot
				 * itself it tells nothing but the slots */
	char options[OPTIONS_LEN];
	size_t len;
};

/* find_line is what stands behind a name at the start of a line, up to its
 * end; empty: no line starts so. */
static struct kf_bytes find_line(struct kf_bytes text, const char *name)
{
	size_t len = strlen(name), at = 0;

	while (at < text.len) {
		const uint8_t *end = memchr(text.data + at, '\n',
					    text.len - at);
		size_t line = end ? (size_t)(end - text.data) - at
				  : text.len - at;

		if (line > len && memcmp(text.data + at, name, len) == 0)
			return kf_part_of(text, at + len, line - len);
		at += line + 1;
	}
	return kf_view(NULL, 0);
}

/* value is a value of the configuration, without quotes; "": not set. */
static void value(char *out, size_t max, struct kf_bytes config,
		  const char *name)
{
	char start[96];
	struct kf_bytes line;

	snprintf(start, sizeof(start), "CONFIG_%s=", name);
	line = find_line(config, start);
	if (line.len >= 2 && line.data[0] == '"')
		line = kf_part_of(line, 1, line.len - 2);
	snprintf(out, max, "%.*s", (int)(line.len < max ? line.len : max - 1),
		 line.len ? (const char *)line.data : "");
}

static bool is_set(struct kf_bytes config, const char *name)
{
	char text[8];

	value(text, sizeof(text), config, name);
	return strcmp(text, "y") == 0;
}

static void add(struct build *b, const char *option)
{
	int len = snprintf(b->options + b->len, OPTIONS_LEN - b->len, "%s%s",
			   b->len ? "," : "", option);

	if (len > 0 && (size_t)len < OPTIONS_LEN - b->len)
		b->len += (size_t)len;
}

static void add_number(struct build *b, const char *option, const char *name)
{
	char text[32], both[96];

	value(text, sizeof(text), b->config, name);
	if (!text[0])
		return;
	snprintf(both, sizeof(both), "%s=%s", option, text);
	add(b, both);
}

/* options writes bootutil's options, as Zephyr's header does. */
static void options(struct build *b)
{
	static const struct { const char *name, *option; } rows[] = {
		{ "BOOT_UPGRADE_ONLY", "OVERWRITE_ONLY,OVERWRITE_ONLY_FAST" },
		{ "SINGLE_APPLICATION_SLOT", "SINGLE_APPLICATION_SLOT" },
		{ "SINGLE_APPLICATION_SLOT_RAM_LOAD",
		  "SINGLE_APPLICATION_SLOT_RAM_LOAD" },
		{ "BOOT_SWAP_USING_MOVE", "SWAP_USING_MOVE" },
		{ "BOOT_SWAP_USING_OFFSET", "SWAP_USING_OFFSET" },
		{ "BOOT_DIRECT_XIP", "DIRECT_XIP" },
		{ "BOOT_DIRECT_XIP_REVERT", "DIRECT_XIP_REVERT" },
		{ "BOOT_RAM_LOAD", "RAM_LOAD" },
		{ "BOOT_RAM_LOAD_REVERT", "RAM_LOAD_REVERT" },
		{ "BOOT_FIRMWARE_LOADER", "FIRMWARE_LOADER" },
		{ "BOOT_USE_MBEDTLS", "USE_MBED_TLS" },
		{ "BOOT_USE_TINYCRYPT", "USE_TINYCRYPT" },
		{ "BOOT_USE_CC310", "USE_CC310" },
		{ "BOOT_USE_PSA_CRYPTO", "USE_PSA_CRYPTO" },
		{ "BOOT_IMG_HASH_ALG_SHA512", "SHA512" },
		{ "BOOT_SIGNATURE_TYPE_PURE", "SIGN_PURE" },
		{ "BOOT_HW_KEY", "HW_KEY" },
		{ "BOOT_BUILTIN_KEY", "BUILTIN_KEY" },
		{ "BOOT_BYPASS_KEY_MATCH", "BYPASS_KEY_MATCH" },
		{ "BOOT_VALIDATE_SLOT0_ONCE", "VALIDATE_PRIMARY_SLOT_ONCE" },
		{ "BOOT_VERSION_CMP_USE_BUILD_NUMBER",
		  "VERSION_CMP_USE_BUILD_NUMBER" },
		{ "BOOT_SWAP_SAVE_ENCTLV", "SWAP_SAVE_ENCTLV" },
		{ "MCUBOOT_USE_TLV_ALLOW_LIST", "USE_TLV_ALLOW_LIST" },
		{ "BOOT_ENCRYPT_RSA", "ENC_IMAGES,ENCRYPT_RSA" },
		{ "BOOT_ENCRYPT_EC256", "ENC_IMAGES,ENCRYPT_EC256" },
		{ "BOOT_ENCRYPT_X25519", "ENC_IMAGES,ENCRYPT_X25519" },
		{ "BOOT_ENCRYPT_ALG_AES_256", "AES_256" },
		{ "BOOT_HMAC_SHA512", "HMAC_SHA512" },
		{ "BOOT_DECOMPRESSION", "DECOMPRESS_IMAGES" },
		{ "BOOT_BOOTSTRAP", "BOOTSTRAP" },
		{ "MCUBOOT_DOWNGRADE_PREVENTION", "DOWNGRADE_PREVENTION" },
		{ "MCUBOOT_DOWNGRADE_PREVENTION_SECURITY_COUNTER",
		  "DOWNGRADE_PREVENTION_SECURITY_COUNTER" },
		{ "MCUBOOT_HW_DOWNGRADE_PREVENTION", "HW_ROLLBACK_PROT" },
		{ "MCUBOOT_HW_DOWNGRADE_PREVENTION_COUNTER_LIMITED",
		  "HW_ROLLBACK_PROT_COUNTER_LIMITED" },
		{ "MCUBOOT_UUID_VID", "UUID_VID" },
		{ "MCUBOOT_UUID_CID", "UUID_CID" },
		{ "MCUBOOT_CHECK_HEADER_LOAD_ADDRESS",
		  "CHECK_HEADER_LOAD_ADDRESS" },
		{ "MCUBOOT_VERIFY_IMG_ADDRESS", "VERIFY_IMG_ADDRESS" },
		{ "BOOT_IMAGE_ACCESS_HOOKS", "IMAGE_ACCESS_HOOKS" },
		{ "BOOT_GO_HOOKS", "BOOT_GO_HOOKS" },
		{ "BOOT_FLASH_AREA_HOOKS", "FLASH_AREA_HOOKS" },
		{ "FIND_NEXT_SLOT_HOOKS", "FIND_NEXT_SLOT_HOOKS" },
	};

	char size[32];

	if (!is_set(b->config, "BOOT_VALIDATE_SLOT0"))
		add(b, "VALIDATE_PRIMARY_SLOT=0");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_set(b->config, rows[i].name))
			add(b, rows[i].option);
	add_number(b, "IMAGE_NUMBER", "UPDATEABLE_IMAGE_NUMBER");
	value(size, sizeof(size), b->config, "MCUBOOT_LOGICAL_SECTOR_SIZE");
	if (strtoul(size, NULL, 0))
		add_number(b, "LOGICAL_SECTOR_SIZE",
			   "MCUBOOT_LOGICAL_SECTOR_SIZE");
	if (!is_set(b->config, "BOOT_MAX_IMG_SECTORS_AUTO"))
		add_number(b, "MAX_IMG_SECTORS", "BOOT_MAX_IMG_SECTORS");
}

static const char *signature(struct kf_bytes config)
{
	char bits[8];

	if (is_set(config, "BOOT_SIGNATURE_TYPE_NONE"))
		return "none";
	if (is_set(config, "BOOT_SIGNATURE_TYPE_ECDSA_P256"))
		return "ec256";
	if (is_set(config, "BOOT_SIGNATURE_TYPE_ECDSA_P384"))
		return "ec384";
	if (is_set(config, "BOOT_SIGNATURE_TYPE_ED25519"))
		return "ed25519";
	if (!is_set(config, "BOOT_SIGNATURE_TYPE_RSA"))
		return NULL;
	value(bits, sizeof(bits), config, "BOOT_SIGNATURE_TYPE_RSA_LEN");
	return strcmp(bits, "3072") == 0 ? "rsa3072" : "rsa2048";
}

static enum kf_status set(struct kf_opening *o, struct kf_store *store,
			  const char *name, const char *text)
{
	const struct kf_verifier *v = kf_rules_find("mcuboot")->verifier;

	return kf_setting_put(o, store, kf_choice_of(v, name), text);
}

/* cached is a folder of the build's cache; "": it has none. */
static void cached(char out[PATH_LEN], struct kf_opening *o,
		   const struct build *b, const char *name)
{
	struct kf_fault quiet = { "", "" }, *why = o->why;
	struct kf_bytes cache, line;
	char path[PATH_LEN + 32];

	out[0] = '\0';
	snprintf(path, sizeof(path), "%s/CMakeCache.txt", b->folder);
	o->why = &quiet;
	if (b->folder[0] && access(path, R_OK) == 0 &&
	    kf_device_file(&cache, o, path, CONFIG_MAX) == KF_OK) {
		const uint8_t *equals;

		line = find_line(cache, name);
		equals = line.len ? memchr(line.data, '=', line.len) : NULL;
		if (equals)
			snprintf(out, PATH_LEN, "%.*s",
				 (int)(line.data + line.len - equals - 1),
				 (const char *)equals + 1);
	}
	o->why = why;
}

/* filled_in puts a folder of the build's cache in place of the first ${NAME}
 * of a path, as CMake does with each. Source: zephyrproject-rtos/zephyr
 * cmake/modules/configuration_files.cmake. */
static void filled_in(char out[PATH_LEN], struct kf_opening *o,
		      const struct build *b, const char *path)
{
	const char *from = strstr(path, "${");
	const char *end = from ? strchr(from, '}') : NULL;
	char name[64], folder[PATH_LEN];
	int len;

	snprintf(out, PATH_LEN, "%s", path);
	if (!end || (size_t)(end - from) >= sizeof(name))
		return;
	snprintf(name, sizeof(name), "%.*s:", (int)(end - from - 2), from + 2);
	cached(folder, o, b, name);
	if (!folder[0])
		return;
	len = snprintf(out, PATH_LEN, "%.*s%s%s", (int)(from - path), path,
		       folder, end + 1);
	if (len >= PATH_LEN)
		out[0] = '\0';
}

/* resolve finds a key file where Zephyr does. Fails: false, it is not there. */
static bool resolve(char *out, size_t max, struct kf_opening *o,
		    const struct build *b, const char *told)
{
	char config[PATH_LEN], source[PATH_LEN], name[PATH_LEN];

	filled_in(name, o, b, told);
	snprintf(out, max, "%s", name);
	if (name[0] == '/')
		return access(out, R_OK) == 0;
	cached(config, o, b, "APPLICATION_CONFIG_DIR");
	cached(source, o, b, "APPLICATION_SOURCE_DIR");
	if (!config[0])
		snprintf(config, sizeof(config), "%s", source);
	snprintf(out, max, "%s/%s", config, name);
	if (config[0] && access(out, R_OK) == 0)
		return true;
	/* MCUboot itself lies two folders above boot/zephyr. */
	snprintf(out, max, "%s/../../%s", source, name);
	if (source[0] && access(out, R_OK) == 0)
		return true;
	snprintf(out, max, "%s/%s", b->folder, name);
	return b->folder[0] && access(out, R_OK) == 0;
}

/* output finds a bootloader that came of the build. */
static bool output(char *out, size_t max, const struct build *b)
{
	static const char *const ends[] = { "bin", "elf", "hex" };
	char name[256];

	value(name, sizeof(name), b->config, "KERNEL_BIN_NAME");
	for (size_t i = 0; b->folder[0] && i < 3; i++) {
		snprintf(out, max, "%s/zephyr/%s.%s", b->folder,
			 name[0] ? name : "zephyr", ends[i]);
		if (access(out, R_OK) == 0)
			return true;
	}
	return false;
}

/* from_output takes the keys out of a bootloader. One without a key is no
 * fault: its keys may be kept elsewhere. */
static enum kf_status from_output(struct kf_opening *o, struct kf_store *store,
				  const struct build *b)
{
	struct kf_fault quiet = { "", "" }, *why = o->why;
	char path[PATH_LEN + 320];
	enum kf_status status = KF_OK;

	if (output(path, sizeof(path), b)) {
		o->why = &quiet;
		status = kf_mcuboot_take_key(o, store, "key", path, false);
		o->why = why;
		if (status != KF_OK && status != KF_WRONG_USE)
			*why = quiet;
	}
	return status == KF_WRONG_USE ? KF_OK : status;
}

/* keys takes those that the configuration names, or else those in the
 * bootloader that came of it. */
static enum kf_status keys(struct kf_opening *o, struct kf_store *store,
			   const struct build *b)
{
	char names[PATH_LEN], all[PATH_LEN], path[2 * PATH_LEN + 16];
	char *name, *rest;
	enum kf_status status = KF_OK;
	bool again = false;

	value(names, sizeof(names), b->config, "BOOT_SIGNATURE_KEY_FILE");
	/* A table of which one is missing would be another table. */
	snprintf(all, sizeof(all), "%s", names);
	for (name = strtok_r(all, ",", &rest); name;
	     name = strtok_r(NULL, ",", &rest))
		if (!resolve(path, sizeof(path), o, b, name))
			return from_output(o, store, b);
	for (name = strtok_r(names, ",", &rest); name && status == KF_OK;
	     name = strtok_r(NULL, ",", &rest)) {
		if (resolve(path, sizeof(path), o, b, name))
			status = kf_mcuboot_take_key(o, store, "key", path,
						     again);
		again = true;
	}
	return again || status != KF_OK ? status : from_output(o, store, b);
}

/* private_key takes the key that opens encrypted images. */
static enum kf_status private_key(struct kf_opening *o, struct kf_store *store,
				  const struct build *b)
{
	char name[PATH_LEN], path[2 * PATH_LEN + 16];

	value(name, sizeof(name), b->config, "BOOT_ENCRYPTION_KEY_FILE");
	return name[0] && resolve(path, sizeof(path), o, b, name)
		? kf_mcuboot_take_private(o, store, "encryption-key", path,
					  false) : KF_OK;
}

/* cell reads the number of cell `index` of the first property of a name. */
static bool cell(unsigned long *out, const char *text, const char *name,
		 int index)
{
	const char *at = strstr(text, name);
	char *end;

	at = at ? strchr(at, '<') : NULL;
	for (int i = 0; at && i <= index; i++) {
		at += *at == '<';
		*out = strtoul(at, &end, 0);
		if (end == at)
			return false;
		at = end;
	}
	return at;
}

/* last_of is the last place of a text before another one; NULL: none. */
static const char *last_of(const char *text, const char *end,
			   const char *what)
{
	const char *found = NULL, *at = text;

	while ((at = strstr(at, what)) && at < end)
		found = at++;
	return found;
}

static enum kf_status set_number(struct kf_opening *o, struct kf_store *store,
				 const char *name, unsigned long n)
{
	char number[24];

	snprintf(number, sizeof(number), "%lu", n);
	return set(o, store, name, number);
}

/* find_slot finds a slot by the label of its node, as MCUboot does. Only where
 * no node is called so it is found by what is written on it, as it once was.
 * Its own properties are copied, its children's are not. NULL: there is none.
 * Source: mcu-tools/mcuboot boot/zephyr/include/sysflash/sysflash.h. */
static const char *find_slot(char out[NODE_LEN], const char *tree,
			     const char *label, const char *written)
{
	const char *at = strstr(tree, label), *start;
	size_t len;

	while (at && at > tree && !strchr(" \t\n", at[-1]))
		at = strstr(at + 1, label);
	start = at ? strchr(at, '{') : NULL;
	if (!start && (at = strstr(tree, written)))
		start = last_of(tree, at, "{");
	if (!start)
		return NULL;
	len = strcspn(start + 1, "{}");
	snprintf(out, NODE_LEN, "%.*s", len < NODE_LEN ? (int)len : 0,
		 start + 1);
	return start;
}

/* slots reads the slots out of the devicetree: the numbers of the flash stand
 * in front of its partitions. Two slots of two sizes are left open. */
static enum kf_status take_slots(struct kf_opening *o, struct kf_store *store,
				 const char *tree)
{
	char first[NODE_LEN], second[NODE_LEN];
	static const struct { const char *name, *setting; } rows[] = {
		{ "erase-block-size = <", "sector-size" },
		{ "write-block-size = <", "write-size" },
	};
	const char *at, *slot = find_slot(first, tree, "slot0_partition: ",
					  "\"image-0\"");
	const char *other = find_slot(second, tree, "slot1_partition: ",
				      "\"image-1\"");
	enum kf_status status = KF_OK;
	unsigned long place, size, size_2, n;

	if (!slot || !cell(&place, first, "reg = <", 0) ||
	    !cell(&size, first, "reg = <", 1))
		return KF_OK;
	status = set_number(o, store, "slot-address", place);
	if (other && status == KF_OK && cell(&n, second, "reg = <", 0))
		status = set_number(o, store, "second-slot-address", n);
	if (status == KF_OK &&
	    (!other || (cell(&size_2, second, "reg = <", 1) && size_2 == size)))
		status = set_number(o, store, "slot-size", size);
	for (size_t i = 0; i < 2 && status == KF_OK; i++) {
		at = last_of(tree, slot, rows[i].name);
		if (at && cell(&n, at, rows[i].name, 0))
			status = set_number(o, store, rows[i].setting, n);
	}
	return status;
}

/* slots finds the devicetree, as the build wrote it. */
static enum kf_status slots(struct kf_opening *o, struct kf_store *store,
			    const struct build *b)
{
	char path[PATH_LEN + 32];
	struct kf_text_file dts = { .memory = NULL };
	struct kf_fault quiet = { "", "" };
	enum kf_status status;
	bool may;

	snprintf(path, sizeof(path), "%s/zephyr/zephyr.dts", b->folder);
	if (!b->folder[0] || access(path, R_OK) != 0)
		return KF_OK;
	status = kf_within_may(&may, o, path);
	if (status == KF_OK && !may)
		status = kf_within_stray(o, path);
	if (status != KF_OK ||
	    kf_text_file_read(&dts, path, CONFIG_MAX, &quiet) != KF_OK)
		return status;
	status = take_slots(o, store, dts.memory);
	kf_text_file_close(&dts);
	return status;
}

bool kf_zephyr_likely(struct kf_bytes file)
{
	return (is_set(file, "MCUBOOT") &&
		find_line(file, "CONFIG_BOOT_").len) ||
	       is_set(file, "BOOTLOADER_MCUBOOT");
}

/* look tries a folder. Returns whether it holds MCUboot's configuration. */
static bool look(struct build *b, struct kf_opening *o, const char *folder)
{
	struct kf_fault quiet = { "", "" }, *why = o->why;
	char path[PATH_LEN + 32];
	bool found;

	snprintf(b->folder, sizeof(b->folder), "%s", folder);
	snprintf(path, sizeof(path), "%s/zephyr/.config", b->folder);
	if (access(path, R_OK) != 0)
		return false;
	o->why = &quiet;
	found = kf_device_file(&b->config, o, path, CONFIG_MAX) == KF_OK &&
		kf_zephyr_likely(b->config);
	o->why = why;
	b->application = found && !is_set(b->config, "MCUBOOT");
	return found;
}

/* look_below tries the folders of sysbuild's images, one each. Source:
 * zephyrproject-rtos/zephyr share/sysbuild/cmake/domains.cmake. */
static bool look_below(struct build *b, struct kf_opening *o,
		       const char *folder)
{
	char path[PATH_LEN];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/domains.yaml", folder);
	dir = access(path, R_OK) == 0 ? opendir(folder) : NULL;
	while (dir && !found && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		found = look(b, o, path);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* look_in tries a folder of a build: MCUboot's own first. */
static bool look_in(struct build *b, struct kf_opening *o, const char *folder)
{
	char inner[PATH_LEN];

	snprintf(inner, sizeof(inner), "%s/mcuboot", folder);
	return look(b, o, inner) || look(b, o, folder) ||
	       look_below(b, o, folder);
}

/* find_build finds it at a path: a folder of a build, or a configuration. */
static enum kf_status find_build(struct build *b, struct kf_opening *o,
				 const char *path)
{
	struct stat st;
	enum kf_status status;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (look_in(b, o, path))
			return KF_OK;
		kf_say_path(o->why, path,
			    "give the build folder of an application with sysbuild, or of MCUboot",
			    "has no zephyr/.config of MCUboot or of an application for it");
		return KF_WRONG_USE;
	}
	status = kf_device_file(&b->config, o, path, CONFIG_MAX);
	if (status == KF_OK && !kf_zephyr_likely(b->config)) {
		kf_say_path(o->why, path,
			    "give the .config that MCUboot was built with",
			    "is no configuration of MCUboot");
		return KF_WRONG_USE;
	}
	b->application = status == KF_OK && !is_set(b->config, "MCUBOOT");
	/* build/zephyr/.config: its folder is two above. */
	snprintf(b->folder, sizeof(b->folder), "%s", path);
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(b->folder, '/');

		if (slash)
			*slash = '\0';
		else
			snprintf(b->folder, sizeof(b->folder), "%s",
				 i == 0 ? "." : "..");
	}
	return status;
}

/* bootloader takes what its own configuration says. */
static enum kf_status bootloader(struct kf_opening *o, struct kf_store *store,
				 struct build *b)
{
	enum kf_status status;

	options(b);
	status = set(o, store, "options", b->options);
	if (status == KF_OK && signature(b->config))
		status = set(o, store, "signature", signature(b->config));
	if (status == KF_OK)
		status = keys(o, store, b);
	return status == KF_OK ? private_key(o, store, b) : status;
}

enum kf_status kf_mcuboot_take_config(struct kf_opening *o,
				      struct kf_store *store, const char *name,
				      const char *path, bool again)
{
	struct build *b = kf_arena_take(&o->memory->work.arena, sizeof(*b));
	struct kf_part part = { .name = name, .presence = KF_PRESENT };
	enum kf_status status;

	if (!b)
		return kf_device_full(o);
	if (again) {
		kf_fault_say(o->why, "leave one of the two out",
			     "%s is given twice", name);
		return KF_WRONG_USE;
	}
	status = find_build(b, o, path);
	if (status != KF_OK)
		return status;
	part.bytes = b->config;
	part.from = kf_device_text(o, path);
	if (!part.from)
		return KF_NO_MEMORY;
	if (!kf_store_put(store, &part))
		return kf_device_full(o);
	status = slots(o, store, b);
	return status == KF_OK && !b->application ? bootloader(o, store, b)
						  : status;
}

enum kf_status kf_zephyr_read(struct kf_opening *o, const char *path,
			      const char *name)
{
	enum kf_status status = kf_device_verifiers(o, 1);
	struct kf_device_verifier *v;

	if (status != KF_OK)
		return status;
	v = &o->device->verifier[0];
	o->device->name = kf_device_text(o, name);
	if (!o->device->name)
		return KF_NO_MEMORY;
	v->store.device = o->device->name;
	status = kf_device_rules(o, v, "mcuboot");
	if (status == KF_OK)
		status = kf_device_choose(o, v);
	return status == KF_OK ? kf_mcuboot_take_config(o, &v->store, "config",
							path, false)
			       : status;
}

bool kf_zephyr_is_build(struct kf_opening *o, const char *folder)
{
	struct build *b = kf_arena_take(&o->memory->work.arena, sizeof(*b));

	return b && look_in(b, o, folder);
}
