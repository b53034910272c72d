/* How a bootloader was built: bootutil's options, without MCUBOOT_ in front.
 *
 * A list says all: what is not in it was not built in, but for the check of the
 * primary slot at each boot, which ports turn on unless told otherwise
 * (VALIDATE_PRIMARY_SLOT=0). An option that is weighed nowhere leaves every
 * answer open.
 *
 * Source: mcu-tools/mcuboot boot/bootutil (names), boot/bootutil/src/
 * bootutil_priv.h (swapping over a scratch area is what is left when no other
 * way is named), boot/zephyr/Kconfig:BOOT_VALIDATE_SLOT0.
 */
#include "mcuboot.h"

#include "core/setting.h"

#include <string.h>

/* What an option is for. */
enum effect {
	SETS,		/* a question gets `value`, or 0 with NAME=0 */
	NUMBER,		/* it has a number of its own */
	NOTHING,	/* no answer depends on it */
	ODD,
};

enum number { SECTORS = 1, ALIGN, IMAGES, SECTOR, RSA_LEN };

static const struct option {
	const char *name;
	enum effect effect;
	uint8_t question;
	uint8_t value;
} options[] = {
	{ "OVERWRITE_ONLY", SETS, MCUBOOT_Q_MODE, MCUBOOT_OVERWRITE },
	{ "SWAP_USING_SCRATCH", SETS, MCUBOOT_Q_MODE, MCUBOOT_SCRATCH },
	{ "SWAP_USING_MOVE", SETS, MCUBOOT_Q_MODE, MCUBOOT_MOVE },
	{ "SWAP_USING_OFFSET", SETS, MCUBOOT_Q_MODE, MCUBOOT_OFFSET },
	{ "DIRECT_XIP", SETS, MCUBOOT_Q_MODE, MCUBOOT_XIP },
	{ "SINGLE_APPLICATION_SLOT", SETS, MCUBOOT_Q_MODE, MCUBOOT_SINGLE },
	{ "DIRECT_XIP_REVERT", SETS, MCUBOOT_Q_REVERT, 1 },
	{ "SHA512", SETS, MCUBOOT_Q_SHA512, 1 },
	{ "SIGN_PURE", SETS, MCUBOOT_Q_PURE, 1 },
	{ "HW_KEY", SETS, MCUBOOT_Q_HW_KEY, 1 },
	{ "BUILTIN_KEY", SETS, MCUBOOT_Q_BUILTIN_KEY, 1 },
	{ "BYPASS_KEY_MATCH", SETS, MCUBOOT_Q_BYPASS, 1 },
	{ "USE_TLV_ALLOW_LIST", SETS, MCUBOOT_Q_ALLOW_LIST, 1 },
	{ "HW_ROLLBACK_PROT", SETS, MCUBOOT_Q_ROLLBACK, 1 },
	{ "DOWNGRADE_PREVENTION", SETS, MCUBOOT_Q_DOWNGRADE, 1 },
	{ "DOWNGRADE_PREVENTION_SECURITY_COUNTER", SETS,
	  MCUBOOT_Q_DOWNGRADE_COUNTER, 1 },
	{ "ENC_IMAGES", SETS, MCUBOOT_Q_ENCRYPTION, 1 },
	{ "VERSION_CMP_USE_BUILD_NUMBER", SETS, MCUBOOT_Q_BUILD_NUMBER, 1 },
	{ "BOOTSTRAP", SETS, MCUBOOT_Q_BOOTSTRAP, 1 },
	{ "VERIFY_IMG_ADDRESS", SETS, MCUBOOT_Q_VERIFY_ADDRESS, 1 },
	{ "CHECK_HEADER_LOAD_ADDRESS", SETS, MCUBOOT_Q_CHECK_LOAD, 1 },
	{ "SIGN_EC256", SETS, MCUBOOT_Q_SIGNATURE, MCUBOOT_EC256 },
	{ "SIGN_EC384", SETS, MCUBOOT_Q_SIGNATURE, MCUBOOT_EC384 },
	{ "SIGN_ED25519", SETS, MCUBOOT_Q_SIGNATURE, MCUBOOT_ED25519 },
	{ "SIGN_RSA", NOTHING, 0, 0 },
	{ "SIGN_RSA_LEN", NUMBER, RSA_LEN, 0 },
	{ "MAX_IMG_SECTORS", NUMBER, SECTORS, 0 },
	{ "BOOT_MAX_ALIGN", NUMBER, ALIGN, 0 },
	{ "IMAGE_NUMBER", NUMBER, IMAGES, 0 },
	{ "LOGICAL_SECTOR_SIZE", NUMBER, SECTOR, 0 },
	{ "OVERWRITE_ONLY_FAST", NOTHING, 0, 0 },
	{ "OVERWRITE_ONLY_KEEP_BACKUP", NOTHING, 0, 0 },
	{ "MEASURED_BOOT", NOTHING, 0, 0 },
	{ "DATA_SHARING", NOTHING, 0, 0 },
	{ "DATA_SHARING_BOOTINFO", NOTHING, 0, 0 },
	{ "HW_ROLLBACK_PROT_LOCK", NOTHING, 0, 0 },
	{ "KEY_IMPORT_BYPASS_ASN", NOTHING, 0, 0 },
	{ "MINIMAL_SCRAMBLE", NOTHING, 0, 0 },
	{ "HAVE_LOGGING", NOTHING, 0, 0 },
	{ "HAVE_ASSERT_H", NOTHING, 0, 0 },
	{ "USE_FLASH_AREA_GET_SECTORS", NOTHING, 0, 0 },
	{ "HASH_STORAGE_DIRECTLY", NOTHING, 0, 0 },
	{ "WATCHDOG_FEED", NOTHING, 0, 0 },
	{ "USE_BENCH", NOTHING, 0, 0 },
	{ "FIH_PROFILE_OFF", NOTHING, 0, 0 },
	{ "FIH_PROFILE_LOW", NOTHING, 0, 0 },
	{ "FIH_PROFILE_MEDIUM", NOTHING, 0, 0 },
	{ "FIH_PROFILE_HIGH", NOTHING, 0, 0 },
	{ NULL, ODD, 0, 0 },
};

/* word is one name of a list, with its number. */
struct word {
	char name[48];
	bool has_number;
	uint32_t number;
};

/* cut copies up to a comma or an equals sign. Returns what comes behind. */
static const char *cut(char *out, size_t max, const char *text)
{
	size_t len = 0;

	for (; *text && *text != ',' && *text != '='; text++)
		if (len < max - 1)
			out[len++] = *text;
	out[len] = '\0';
	return text;
}

/* next cuts the next word off, without the prefix that all have. Returns NULL
 * at the end. */
static const char *next(struct word *out, const char *text)
{
	static const char prefix[] = "MCUBOOT_";
	size_t same = 0;
	char number[16];

	memset(out, 0, sizeof(*out));
	while (*text == ',' || *text == ' ')
		text++;
	if (!*text)
		return NULL;
	while (prefix[same] && text[same] == prefix[same])
		same++;
	text = cut(out->name, sizeof(out->name),
		   prefix[same] ? text : text + same);
	if (*text != '=')
		return text;
	text = cut(number, sizeof(number), text + 1);
	out->has_number = kf_setting_number(&out->number, number);
	return text;
}

static void odd(struct mcuboot_device *d, const char *what)
{
	if (d->known[MCUBOOT_Q_ODD] == 1)
		return;
	d->known[MCUBOOT_Q_ODD] = 1;
	d->odd = what;
}

/* set sets a question. Two ways at once are no build. */
static void set(struct mcuboot_device *d, const struct option *o,
		const struct word *w)
{
	int8_t value = w->has_number && w->number == 0 ? 0 : (int8_t)o->value;
	bool many = o->question == MCUBOOT_Q_MODE ||
		    o->question == MCUBOOT_Q_SIGNATURE;

	if (many && w->has_number && w->number == 0)
		return;
	if (many && d->known[o->question] >= 0 &&
	    d->known[o->question] != value)
		odd(d, "options that exclude each other");
	d->known[o->question] = value;
}

static void take_number(struct mcuboot_device *d, enum number which,
			const struct word *w)
{
	struct mcuboot_number n = { w->has_number, w->number };

	if (!w->has_number) {
		odd(d, "an option without its number");
		return;
	}
	if (which == SECTORS)
		d->max_sectors = n;
	else if (which == SECTOR && n.value)
		d->logical_sectors = (d->sector_len = n).told;
	else if (which == ALIGN)
		d->max_align = n.value;
	else if (which == IMAGES)
		d->known[MCUBOOT_Q_IMAGES] =
			(d->num_images = n.value) > 1;
	else if (which == RSA_LEN)
		d->known[MCUBOOT_Q_SIGNATURE] = n.value == 3072
						? MCUBOOT_RSA3072
						: MCUBOOT_RSA2048;
}

/* take_crypto takes those that say which crypto library there is, and how
 * images are encrypted. Returns whether it was one. */
static bool take_crypto(struct mcuboot_device *d, const char *name)
{
	static const struct { const char *name; int8_t backend; } backends[] = {
		{ "USE_MBED_TLS", MCUBOOT_MBED_TLS },
		{ "USE_TINYCRYPT", MCUBOOT_TINYCRYPT },
		{ "USE_PSA_CRYPTO", MCUBOOT_PSA },
	};
	static const struct { const char *name; uint16_t type; } types[] = {
		{ "ENCRYPT_RSA", KF_MCUBOOT_ENC_RSA2048 },
		{ "ENCRYPT_KW", KF_MCUBOOT_ENC_KW },
		{ "ENCRYPT_EC256", KF_MCUBOOT_ENC_EC256 },
		{ "ENCRYPT_X25519", KF_MCUBOOT_ENC_X25519 },
	};

	/* PSA takes the place of Mbed TLS where both are there. */
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (kf_same(name, backends[i].name)) {
			if (d->backend != MCUBOOT_PSA)
				d->backend = backends[i].backend;
			return true;
		}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (kf_same(name, types[i].name)) {
			d->encryption_type = types[i].type;
			return true;
		}
	if (kf_same(name, "AES_256"))
		return d->aes256 = true;
	if (kf_same(name, "SWAP_SAVE_ENCTLV"))
		return d->encryption_trailer = true;
	if (kf_same(name, "HMAC_SHA512"))
		return d->hmac_sha512 = true;
	return false;
}

static void apply(struct mcuboot_device *d, const struct option *o,
		  const struct word *w)
{
	if (o->effect == SETS)
		set(d, o, w);
	else if (o->effect == NUMBER)
		take_number(d, (enum number)o->question, w);
	else if (o->effect == ODD && !(w->has_number && !w->number))
		odd(d, "an option that keyfit does not weigh");
}

static void take(struct mcuboot_device *d, const struct word *w)
{
	const struct option *o = options;

	/* VALIDATE_PRIMARY_SLOT: the question is whether it is off. */
	if (kf_same(w->name, "VALIDATE_PRIMARY_SLOT")) {
		d->known[MCUBOOT_Q_VALIDATE] = w->has_number && !w->number;
		return;
	}
	if (take_crypto(d, w->name))
		return;
	while (o->name && !kf_same(o->name, w->name))
		o++;
	apply(d, o, w);
}

void mcuboot_options(struct mcuboot_device *d, const char *text)
{
	struct word w;

	while ((text = next(&w, text)))
		take(d, &w);
	if (d->known[MCUBOOT_Q_MODE] < 0)
		d->known[MCUBOOT_Q_MODE] = MCUBOOT_SCRATCH;
	for (int q = MCUBOOT_Q_VALIDATE; q <= MCUBOOT_Q_ODD; q++)
		if (d->known[q] < 0)
			d->known[q] = 0;
}
