/* keyfit anchors: what a device trusts, and who controls that.
 */
#include "anchors.h"
#include "ask.h"
#include "bundle.h"
#include "fleet_ask.h"
#include "newest.h"
#include "say.h"
#include "seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CLASS_LEN = 32, SHORT_LEN = 6, HEX_MAX = 2 * CLASS_LEN + 1 };

/* asking is one run. */
struct asking {
	const struct kf_arguments *arguments;
	const struct kf_crypto *crypto;
	struct kf_known known;
	struct kf_arena tables;	/* of what newer files say */
	struct kf_work work;
	struct kf_output out;
	struct kf_anchors anchors;
	int64_t at_s;
	bool as_json;
	size_t num_told;
	bool open;		/* something that decides is no secret, or
				 * nothing is asked at all */
	bool unknown;
};

static const struct kf_option options[] = {
	KF_ASK_DEVICE,
	{ "rules", KF_VALUE_RULES, "NAME", false,
	  "whose anchors: a profile, as edk2-2025.02 or rauc-1.8" },
	KF_ASK_TRUST,
	KF_ASK_SET,
	KF_ASK_FLEET,
	{ "class", KF_VALUE_ANY, "CLASS", false,
	  "one class of the fleet, by the start of its digest" },
	KF_ASK_GROUP,
	{ "at", KF_VALUE_ANY, "TIME", false,
	  "which certificates have ended: 2028-05-15, 2028-05-15T12:00:00Z, @SECONDS" },
	{ "newest", KF_VALUE_FILE, "FILE", true,
	  "a newer table of known keys, as CSV" },
	{ "json", KF_VALUE_NONE, NULL, false,
	  "one JSON object a line and verifier" },
	KF_ASK_BUNDLE,
	KF_ASK_SIGN,
	KF_ASK_PIN,
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit anchors",
	"keyfit anchors --device OVMF_VARS_4M.ms.fd",
	"keyfit anchors --device rootfs/ --json",
	"keyfit anchors --rules mcuboot --trust key=zephyr.elf",
	"keyfit anchors --fleet fleet.db --class 2e6f884f",
	"keyfit anchors make fw-ca.pem boot.pem --product gateway --expires 2028-01-01 --sign 'pkcs11:token=root' --pin-source env:PIN --output gateway.anchors",
	"keyfit anchors verify gateway.anchors --key root.pem --newer-than taken.anchors",
	NULL,
};

/* tell_one looks at one verifier, and tells of it. */
static int tell_one(struct asking *q, struct kf_anchored *a)
{
	const struct kf_device_verifier *v = a->verifier;
	enum kf_status status;

	kf_work_again(&q->work, 0);
	status = kf_anchors_of(&q->anchors, &v->store, v->rules, &q->known,
			       &q->work.env);
	if (status != KF_OK) {
		kf_say(a->device->name, kf_status_text(status), NULL);
		return KF_EXIT_FAULT;
	}
	a->anchors = &q->anchors;
	q->open |= q->anchors.off.reason || q->anchors.num_exposed;
	q->unknown |= q->anchors.num_unknown || q->anchors.more;
	if (q->as_json) {
		kf_anchors_json(&q->out, a);
		return KF_EXIT_FITS;
	}
	if (q->num_told++)
		kf_output_text(&q->out, "\n");
	kf_anchors_text(&q->out, a);
	return KF_EXIT_FITS;
}

/* tell tells of all verifiers of a device. */
static int tell(struct asking *q, const struct kf_device *device,
		const struct kf_fleet_class *class)
{
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < device->num_verifiers &&
	     status == KF_EXIT_FITS; i++) {
		struct kf_anchored a = {
			.device = device,
			.verifier = &device->verifier[i],
			.class = class ? class->digest : NULL,
			.devices = class ? class->devices : 1,
			.at_s = q->at_s,
		};

		status = tell_one(q, &a);
	}
	return status;
}

/* is_firmware: its machine may start shim, whose anchors come behind. */
static bool is_firmware(const struct kf_device *device)
{
	return device->num_verifiers == 1 &&
	       strcmp(device->verifier[0].rules->verifier->name, "edk2") == 0;
}

/* looks_like_shim tells whether the store has anything of shim's. */
static bool looks_like_shim(const struct kf_store *store)
{
	static const char *const parts[] = {
		"shim", "mok", "mokx", "mok-sb-state", "mok-db-state",
		"sbat-level", "mok-list-trusted", "mok-policy", "sbat-policy",
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct kf_part *p = kf_store_part(store, parts[i]);

		if (p && p->presence != KF_ABSENT)
			return true;
	}
	return false;
}

static int ask_device(struct asking *q)
{
	const char *rules = kf_argument(q->arguments, "rules");
	struct kf_device device = { 0 };
	int status = kf_ask_device(&device, q->arguments, rules, q->crypto,
				   q->at_s);

	if (status == KF_EXIT_FITS && !rules && is_firmware(&device) &&
	    looks_like_shim(&device.verifier[0].store)) {
		kf_device_close(&device);
		memset(&device, 0, sizeof(device));
		status = kf_ask_both(&device, q->arguments, rules, q->crypto,
				     q->at_s);
	}
	if (status == KF_EXIT_FITS)
		status = kf_ask_judged(&device);
	if (status == KF_EXIT_FITS)
		status = tell(q, &device, NULL);
	kf_device_close(&device);
	return status;
}

/* spell writes a digest in hex. */
static void spell(char out[HEX_MAX], const uint8_t *digest, size_t len)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static bool is_meant(const struct kf_fleet_class *class, const char *wanted)
{
	char hex[HEX_MAX];

	if (!wanted)
		return true;
	spell(hex, class->digest, CLASS_LEN);
	return wanted[0] && strncmp(hex, wanted, strlen(wanted)) == 0;
}

static int ask_class(struct asking *q, struct kf_fleet *fleet,
		     const struct kf_fleet_class *class)
{
	char name[HEX_MAX + 8] = "class ";
	struct kf_fault why = { 0 };
	struct kf_device device;
	enum kf_status opened;
	int status;

	spell(name + strlen(name), class->digest, SHORT_LEN);
	opened = kf_fleet_class_open(fleet, &device, class->id, name, NULL,
				     q->at_s, &why);
	if (opened != KF_OK)
		return kf_say_failure(name, opened, &why);
	status = tell(q, &device, class);
	kf_device_close(&device);
	return status;
}

static int ask_classes(struct asking *q, struct kf_fleet *fleet)
{
	const char *wanted = kf_argument(q->arguments, "class");
	struct kf_fleet_choice choice = kf_ask_choice(q->arguments);
	struct kf_fleet_class *class = NULL;
	struct kf_fault why = { 0 };
	enum kf_status read = kf_fleet_look(fleet, &why);
	int status = KF_EXIT_FITS;
	size_t num = 0, meant = 0;

	if (read == KF_OK)
		read = kf_fleet_classes(fleet, &class, &num, &choice, &why);
	if (read != KF_OK)
		return kf_say_failure(NULL, read, &why);
	for (size_t i = 0; i < num && status == KF_EXIT_FITS; i++) {
		if (!is_meant(&class[i], wanted))
			continue;
		meant++;
		status = ask_class(q, fleet, &class[i]);
	}
	free(class);
	if (status == KF_EXIT_FITS && wanted && meant == 0) {
		kf_say(wanted, "is no class of this fleet",
		       "keyfit fleet classes lists them");
		status = KF_EXIT_USAGE;
	}
	return status;
}

static int ask_fleet(struct asking *q)
{
	struct kf_fleet *fleet = NULL;
	int status;

	if (kf_argument(q->arguments, "device") ||
	    kf_argument(q->arguments, "trust") ||
	    kf_argument(q->arguments, "set") ||
	    kf_argument(q->arguments, "rules")) {
		kf_say(NULL, "a fleet has its own devices and rules",
		       "leave --device, --rules, --trust and --set out, or --fleet");
		return KF_EXIT_USAGE;
	}
	status = kf_ask_fleet(&fleet, q->arguments, KF_DB_READ, q->crypto);
	if (status == KF_EXIT_FITS)
		status = ask_classes(q, fleet);
	kf_fleet_close(fleet);
	return status;
}

static int prepare(struct asking *q)
{
	struct kf_fault why = { 0 };
	enum kf_status status;

	q->as_json = kf_argument(q->arguments, "json") != NULL;
	if (kf_argument_time(&q->at_s, q->arguments) != KF_EXIT_FITS)
		return KF_EXIT_USAGE;
	q->crypto = kf_openssl_open(&why);
	if (!q->crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	status = kf_work_open(&q->work, KF_ARENA_LEN, q->crypto, q->at_s,
			      &why);
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &why);
	kf_known_start(&q->known);
	return kf_newest_read(&q->known, &q->tables, q->arguments);
}

static int finish(struct asking *q)
{
	int status = kf_put_answer(&q->out);

	if (status != KF_EXIT_FITS)
		return status;
	return q->open ? KF_EXIT_NOT : q->unknown ? KF_EXIT_UNKNOWN
						  : KF_EXIT_FITS;
}

/* fitting refuses options of make and verify. */
static int fitting(const struct kf_arguments *a)
{
	for (size_t i = 0; i < a->num_given; i++) {
		const struct kf_option *o = a->given[i].option;

		if (strncmp(o->title, "of make", 7) != 0 &&
		    strncmp(o->title, "of verify", 9) != 0 &&
		    strcmp(o->name, "pin-source") != 0)
			continue;
		kf_say(o->name, "goes with make or verify", o->title);
		return KF_EXIT_USAGE;
	}
	return KF_EXIT_FITS;
}

static int run(const struct kf_arguments *arguments)
{
	static struct asking q;
	bool fleet = kf_argument(arguments, "fleet") ||
		     kf_argument(arguments, "class") ||
		     kf_argument(arguments, "group");
	int status;

	if (arguments->num_operands)
		return kf_bundle_run(arguments);
	status = fitting(arguments);
	if (status != KF_EXIT_FITS)
		return status;
	q.arguments = arguments;
	status = prepare(&q);
	if (status == KF_EXIT_FITS)
		status = fleet ? ask_fleet(&q) : ask_device(&q);
	if (status == KF_EXIT_FITS)
		status = finish(&q);
	else
		kf_output_close(&q.out);
	kf_work_close(&q.work);
	kf_openssl_close(q.crypto);
	free(q.tables.base);
	return status;
}

const struct kf_command kf_cmd_anchors = {
	.operands = "[make FILE... | verify FILE]",
	.operand_kind = KF_VALUE_FILE,
	.options = options,
	.examples = examples,
	.run = run,
};
