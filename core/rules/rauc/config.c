/* system.conf, as each version reads it. A key that a version does not know
 * keeps RAUC from starting at all, and with it every update: RAUC-13.
 *
 * Source: rauc/rauc, src/config_file.c:load_config at v1.8 and v1.13;
 * parse_config and check_config_target at 3991031 (1.16-dev).
 */
#include "rauc.h"

#include <string.h>

static void enter(struct rauc_read *r, const char *group)
{
	r->group = kf_keyfile_group_of(r->file, group);
}

static unsigned format_of(struct kf_bytes word)
{
	return rauc_is(word, "plain") ? RAUC_PLAIN :
	       rauc_is(word, "verity") ? RAUC_VERITY :
	       rauc_is(word, "crypt") ? RAUC_CRYPT : 0;
}

/* add_format changes the set of formats by one word. */
static bool add_format(unsigned *formats, struct kf_bytes word, bool *sets,
		       bool *changes)
{
	bool minus = word.data[0] == '-', change = minus ||
						   word.data[0] == '+';
	unsigned format;

	if (change)
		word = kf_part_of(word, 1, word.len - 1);
	format = format_of(word);
	if (!change && !*sets)
		*formats = 0;
	*changes = *changes || change;
	*sets = *sets || !change;
	*formats = minus ? *formats & ~format : *formats | format;
	return format;
}

/* read_formats: parse_bundle_formats. RAUC-12 */
static void read_formats(struct rauc_config *out, struct rauc_read *r)
{
	struct kf_keyfile_entry *e = kf_keyfile_entry_of(r->file, r->group,
							 "bundle-formats");
	bool sets = false, changes = false, good = true;
	struct kf_bytes text;
	size_t at = 0;

	out->formats = RAUC_PLAIN | RAUC_VERITY | RAUC_CRYPT;
	if (!rauc_text(&text, r, "bundle-formats", RAUC_TEXT))
		return;
	while (at < text.len && good) {
		const uint8_t *end = memchr(text.data + at, ' ',
					    text.len - at);
		size_t len = end ? (size_t)(end - text.data) - at
				 : text.len - at;

		if (len)
			good = add_format(&out->formats,
					  kf_part_of(text, at, len), &sets,
					  &changes);
		at += len + 1;
	}
	if (!good)
		rauc_refuse(r, e, "it names a format that there is not");
	else if (sets && changes)
		rauc_refuse(r, e, "it mixes names with + or -");
	else if (!out->formats)
		rauc_refuse(r, e, "no format is left");
}

/* read_bootloader: which keys there may be depends on it. */
static void read_bootloader(struct kf_bytes *loader, struct rauc_read *r)
{
	static const struct rauc_key barebox[] = {
		{ "barebox-statename", RAUC_MAYBE, 0 },
		{ "barebox-dtbpath", RAUC_MAYBE, 0 },
		{ NULL, RAUC_MAYBE, 0 },
	}, grub[] = {
		{ "grubenv", RAUC_MAYBE, 0 }, { NULL, RAUC_MAYBE, 0 },
	}, efi[] = {
		{ "efi-use-bootnext", RAUC_TRUTH, 0 },
		{ NULL, RAUC_MAYBE, 0 },
	};
	struct kf_bytes backend;
	size_t system = r->group;

	(void)rauc_text(loader, r, "bootloader", RAUC_MAYBE);
	if (loader->len == 0)
		rauc_refuse(r, NULL, "bootloader is missing");
	else if (!rauc_among(*loader, "barebox grub uboot efi custom noop"))
		rauc_refuse(r, NULL, "bootloader is none that RAUC knows");
	if (rauc_is(*loader, "barebox"))
		rauc_take_all(r, barebox);
	if (rauc_is(*loader, "grub"))
		rauc_take_all(r, grub);
	if (rauc_is(*loader, "efi"))
		rauc_take_all(r, efi);
	if (!rauc_is(*loader, "custom"))
		return;
	enter(r, "handlers");
	if (!rauc_text(&backend, r, "bootloader-custom-backend", RAUC_MAYBE))
		rauc_refuse(r, NULL, "bootloader-custom-backend is missing");
	r->group = system;
}

static void read_attempts(struct rauc_read *r, struct kf_bytes loader)
{
	int32_t attempts = 0, primary = 0;

	(void)rauc_count(&attempts, r, "boot-attempts");
	(void)rauc_count(&primary, r, "boot-attempts-primary");
	if (r->profile->version > RAUC_1_8 && (attempts > 0 || primary > 0) &&
	    !rauc_among(loader, "uboot barebox"))
		rauc_refuse(r, NULL, "boot attempts are for uboot and barebox alone");
}

/* read_variant: one way at most to tell variants apart. */
static void read_variant(struct rauc_read *r)
{
	struct kf_bytes file, name;
	bool tree, by_file, by_name;

	(void)rauc_truth(&tree, r, "variant-dtb");
	by_file = rauc_text(&file, r, "variant-file", RAUC_TEXT);
	by_name = rauc_text(&name, r, "variant-name", RAUC_TEXT);
	if (tree + by_file + by_name > 1)
		rauc_refuse(r, NULL, "more than one of variant-dtb, variant-file and variant-name");
}

/* read_status: whether there is a data directory. */
static bool read_status(struct rauc_read *r)
{
	struct kf_bytes data, status;
	bool has_data = rauc_text(&data, r, "data-directory", RAUC_TEXT);
	bool has_status = rauc_text(&status, r, "statusfile", RAUC_TEXT);

	if (has_data && has_status && rauc_is(status, "per-slot"))
		rauc_refuse(r, NULL, "data-directory does not go with a status file per slot");
	return has_data;
}

/* read_min_version. RAUC-18 */
static void read_min_version(struct rauc_config *out, struct rauc_read *r)
{
	struct kf_keyfile_entry *e = kf_keyfile_entry_of(r->file, r->group,
							 "min-bundle-version");

	if (r->profile->version < RAUC_1_13 ||
	    !rauc_text(&out->min_version, r, "min-bundle-version", RAUC_TEXT))
		return;
	if (rauc_version_within(kf_text("0"), out->min_version) != KF_YES)
		rauc_refuse(r, e, "it is no version");
}

static void read_limits(struct rauc_config *out, struct rauc_read *r)
{
	static const struct rauc_key keys[] = {
		{ "max-bundle-download-size", RAUC_SIZE, 0 },
		{ "mountprefix", RAUC_MAYBE, 0 },
		{ "activate-installed", RAUC_TRUTH, 0 },
		{ "prevent-late-fallback", RAUC_TRUTH, RAUC_1_16 },
		{ NULL, RAUC_MAYBE, 0 },
	};

	rauc_take_all(r, keys);
	out->cms_max = 65536;
	if (r->profile->version < RAUC_1_16)
		return;
	if (!rauc_size(&out->cms_max, r, "max-bundle-signature-size",
		       RAUC_SIZE))
		out->cms_max = 65536;
}

static void read_system(struct rauc_config *out, struct rauc_read *r,
			struct kf_bytes *loader, bool *has_data)
{
	enter(r, "system");
	if (!rauc_text(&out->compatible, r, "compatible", RAUC_TEXT))
		rauc_refuse(r, NULL, "compatible is missing");
	read_min_version(out, r);
	read_bootloader(loader, r);
	read_attempts(r, *loader);
	read_limits(out, r);
	read_variant(r);
	*has_data = read_status(r);
	read_formats(out, r);
	if (r->profile->version >= RAUC_1_13)
		(void)rauc_truth(&out->pre_check, r, "perform-pre-check");
	rauc_end(r);
}

static void read_keyring(struct rauc_config *out, struct rauc_read *r)
{
	enter(r, "keyring");
	(void)rauc_text(&out->keyring_path, r, "path", RAUC_MAYBE);
	(void)rauc_text(&out->keyring_directory, r, "directory", RAUC_MAYBE);
	(void)rauc_truth(&out->check_crl, r, "check-crl");
	(void)rauc_truth(&out->partial_chain, r, "allow-partial-chain");
	(void)rauc_truth(&out->signing_time, r, "use-bundle-signing-time");
	(void)rauc_text(&out->purpose, r, "check-purpose", RAUC_TEXT);
	if (r->profile->version >= RAUC_1_16)
		out->limits_signers = rauc_list(&out->signer_names,
						&out->num_signer_names, r,
						"allowed-signer-cns",
						RAUC_LIST);
	rauc_end(r);
}

/* read_headers: which headers a download sends by itself. */
static void read_headers(struct rauc_read *r)
{
	struct kf_keyfile_entry *e = kf_keyfile_entry_of(r->file, r->group,
							 "send-headers");
	struct kf_bytes *header;
	size_t num;

	if (r->profile->version < RAUC_1_13 ||
	    !rauc_list(&header, &num, r, "send-headers", RAUC_LIST))
		return;
	for (size_t i = 0; i < num; i++)
		if (!rauc_among(header[i], "boot-id transaction-id machine-id "
				"system-version serial variant uptime"))
			rauc_refuse(r, e, "it names a header that RAUC does not send");
}

/* within_list refuses what is not among the words of a list. */
static void within_list(struct rauc_read *r, const char *key,
			const char *words)
{
	struct kf_keyfile_entry *e = kf_keyfile_entry_of(r->file, r->group,
							 key);
	struct kf_bytes *item;
	size_t num;

	if (!rauc_list(&item, &num, r, key, RAUC_LIST))
		return;
	for (size_t i = 0; words && i < num; i++)
		if (!rauc_among(item[i], words))
			rauc_refuse(r, e, "it names what RAUC does not know");
}

/* read_polling. RAUC-24 */
static void read_polling(struct rauc_read *r)
{
	int32_t interval = 24 * 60 * 60, longest;
	struct kf_bytes url, command;

	enter(r, "polling");
	if (r->profile->version < RAUC_1_16 || r->group == r->file->num_groups)
		return;
	within_list(r, "inhibit-files", NULL);
	within_list(r, "candidate-criteria", "higher-semver different-version");
	within_list(r, "install-criteria",
		    "always higher-semver different-version");
	within_list(r, "reboot-criteria",
		    "updated-slots updated-artifacts failed-update");
	if (!rauc_text(&url, r, "url", RAUC_MAYBE) || !rauc_starts(url, "http"))
		rauc_refuse(r, NULL, "url is missing, or not of HTTP");
	if (!rauc_count(&interval, r, "interval-sec"))
		interval = 24 * 60 * 60;
	if (!rauc_count(&longest, r, "max-interval-sec"))
		longest = interval < INT32_MAX / 4 ? interval * 4 : INT32_MAX;
	if (interval < 60 || longest <= interval)
		rauc_refuse(r, NULL, "the intervals do not go together");
	(void)rauc_text(&command, r, "reboot-cmd", RAUC_TEXT);
	rauc_end(r);
}

/* read_others: groups whose values do not decide anything here. */
static void read_others(struct rauc_config *out, struct rauc_read *r)
{
	static const struct rauc_key casync[] = {
		{ "storepath", RAUC_MAYBE, 0 }, { "tmppath", RAUC_MAYBE, 0 },
		{ "install-args", RAUC_MAYBE, 0 },
		{ "use-desync", RAUC_TRUTH, 0 }, { NULL, RAUC_MAYBE, 0 },
	}, streaming[] = {
		{ "sandbox-user", RAUC_MAYBE, 0 },
		{ "tls-cert", RAUC_MAYBE, 0 }, { "tls-key", RAUC_MAYBE, 0 },
		{ "tls-ca", RAUC_MAYBE, 0 }, { NULL, RAUC_MAYBE, 0 },
	}, autoinstall[] = {
		{ "path", RAUC_MAYBE, 0 }, { NULL, RAUC_MAYBE, 0 },
	}, programs[] = {
		{ "system-info", RAUC_MAYBE, 0 },
		{ "pre-install", RAUC_MAYBE, 0 },
		{ "post-install", RAUC_MAYBE, 0 }, { NULL, RAUC_MAYBE, 0 },
	};

	enter(r, "casync");
	rauc_take_all(r, casync);
	rauc_end(r);
	enter(r, "streaming");
	rauc_take_all(r, streaming);
	read_headers(r);
	rauc_end(r);
	read_polling(r);
	enter(r, "encryption");
	(void)rauc_text(&out->encryption_key, r, "key", RAUC_MAYBE);
	(void)rauc_text(&out->encryption_cert, r, "cert", RAUC_MAYBE);
	rauc_end(r);
	enter(r, "autoinstall");
	rauc_take_all(r, autoinstall);
	rauc_end(r);
	enter(r, "handlers");
	rauc_take_all(r, programs);
	rauc_end(r);
}

/* no_more_groups: check_remaining_groups. */
static void no_more_groups(struct rauc_read *r)
{
	for (r->group = 0; r->group < r->file->num_groups; r->group++)
		if (!r->file->group[r->group].taken)
			rauc_refuse(r, NULL, "this version of RAUC does not know the section");
}

enum kf_status rauc_config_read(struct rauc_config *out, struct kf_bytes file,
				const struct rauc_profile *profile,
				struct kf_env *env)
{
	struct kf_keyfile keys;
	struct rauc_read r = { &keys, 0, profile, &out->bad,
			       KF_REASON_POLICY_INVALID, "RAUC-13", env,
			       KF_OK };
	struct kf_bytes loader;
	bool has_data;
	enum kf_status status = kf_keyfile_read(&keys, file, env);

	if (status != KF_OK)
		return status;
	if (keys.damage.field) {
		kf_find(&out->bad, KF_REASON_POLICY_INVALID, "RAUC-13");
		kf_prove_field(&out->bad, keys.damage.field, keys.damage.at,
			       0);
		kf_prove_text(&out->bad, "a line cannot be read");
		return KF_OK;
	}
	read_system(out, &r, &loader, &has_data);
	read_keyring(out, &r);
	read_others(out, &r);
	rauc_slots(out, &r, loader, has_data);
	no_more_groups(&r);
	rauc_slots_check(out, &r);
	return r.status;
}
