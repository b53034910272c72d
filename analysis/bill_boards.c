/* The signatures and keys of MCUboot and of U-Boot's FIT images: formats whose
 * files call a key by a digest or a name, and do not hold it.
 *
 * Source: as of core/mcuboot.h; mcu-tools/mcuboot, scripts/imgtool/image.py and
 * keys/ at v2.1.0 (which digest each scheme has); U-Boot 2023.01,
 * boot/image-sig.c (algorithms, paddings), doc/usage/fit/signature.rst.
 */
#include "bill.h"

#include "core/fitkey.h"
#include "core/ihex.h"
#include "core/mcuboot.h"

enum { VALUE_MAX = 4096 };

static void fail(struct kf_bill *b, enum kf_status status)
{
	if (status != KF_OK && b->status == KF_OK)
		b->status = status;
}

/* mcuboot_scheme: the digest of ECDSA is told by that of the image. */
static void mcuboot_scheme(struct kf_bill_algorithm *out, uint16_t type,
			   const char *digest)
{
	switch (type) {
	case KF_MCUBOOT_RSA2048:
		kf_bill_scheme(out, "sha256", "rsassaPss", "RSA-2048");
		return;
	case KF_MCUBOOT_RSA3072:
		kf_bill_scheme(out, "sha256", "rsassaPss", "RSA-3072");
		return;
	case KF_MCUBOOT_ECDSA224:
		kf_bill_scheme(out, digest, "ecdsa", "EC-P-224");
		return;
	case KF_MCUBOOT_ECDSA:
		kf_bill_scheme(out, digest, "ecdsa", NULL);
		return;
	default:
		kf_bill_scheme(out, NULL, "ed25519", NULL);
		return;
	}
}

/* area is what is known while the entries go by. */
struct area {
	size_t key;		/* of the signature that comes next */
	const char *digest;
};

static void take_entry(struct kf_bill *b, struct area *area,
		       const struct kf_mcuboot_entry *e)
{
	struct kf_bill_signature *s;

	switch (e->type) {
	case KF_MCUBOOT_SHA256:
		area->digest = "sha256";
		return;
	case KF_MCUBOOT_SHA384:
		area->digest = "sha384";
		return;
	case KF_MCUBOOT_SHA512:
		area->digest = "sha512";
		return;
	case KF_MCUBOOT_KEYHASH:
		area->key = kf_bill_add_called(b, "key-hash", e->value);
		return;
	case KF_MCUBOOT_PUBKEY:
		area->key = kf_bill_add_bytes(b, e->value);
		kf_bill_of_file(b)->num_unread += area->key == KF_BILL_NONE;
		return;
	case KF_MCUBOOT_RSA2048:
	case KF_MCUBOOT_RSA3072:
	case KF_MCUBOOT_ECDSA224:
	case KF_MCUBOOT_ECDSA:
	case KF_MCUBOOT_ED25519:
		s = kf_bill_add_signature(b, "MCUboot", e->value);
		if (!s)
			return;
		s->key = area->key != KF_BILL_NONE ? area->key
			: kf_bill_add_called(b, "nothing", kf_view(NULL, 0));
		mcuboot_scheme(&s->algorithm, e->type, area->digest);
		area->key = KF_BILL_NONE;
		return;
	default:
		return;
	}
}

void kf_bill_mcuboot(struct kf_bill *b, const struct kf_source *source)
{
	struct area area = { .key = KF_BILL_NONE };
	struct kf_mcuboot_entry e;
	struct kf_cursor c;
	struct kf_bytes areas;
	uint64_t at;

	if (source->size < KF_MCUBOOT_HEADER_LEN)
		return;
	fail(b, kf_mcuboot_keep_areas(&areas, &at, source, b->env));
	if (b->status != KF_OK)
		return;
	if (areas.len == 0)
		kf_bill_of_file(b)->damaged = true;
	for (int n = 0; n < 2 && kf_mcuboot_area(&c, &areas, &at); n++) {
		while (b->status == KF_OK && kf_mcuboot_next(&e, &c))
			take_entry(b, &area, &e);
		kf_bill_of_file(b)->damaged |= c.damage.field != NULL;
	}
}

void kf_bill_bootloader(struct kf_bill *b, struct kf_bytes file)
{
	struct kf_bytes key;
	size_t at = 0;

	if (kf_ihex_likely(file))
		fail(b, kf_ihex_data(&file, file, b->env->arena));
	while (b->status == KF_OK) {
		key = kf_mcuboot_embedded(file, &at);
		if (!key.len)
			return;
		kf_bill_add_use(b, KF_BILL_TRUSTS, "key", KF_BILL_NONE,
				kf_bill_add_bytes(b, key));
	}
}

void kf_bill_tree(struct kf_bill *b, struct kf_bytes tree)
{
	struct kf_source source = kf_bytes_source(&tree);
	struct kf_fit_keys keys = { .num_keys = 0 };
	struct kf_fdt fdt;

	fail(b, kf_fdt_read(&fdt, &source, 0, b->env));
	if (b->status != KF_OK)
		return;
	kf_bill_of_file(b)->damaged |= fdt.damage.field || fdt.trouble;
	if (fdt.damage.field || fdt.trouble)
		return;
	fail(b, kf_fit_keys_read(&keys, &fdt, b->env));
	kf_bill_of_file(b)->damaged |= keys.too_many;
	for (uint32_t i = 0; i < keys.num_keys && b->status == KF_OK; i++) {
		struct kf_key key;
		enum kf_status status = kf_fit_key_public(&key, &keys.key[i],
							  b->env);
		size_t number;

		if (status == KF_WRONG_USE) {
			kf_bill_of_file(b)->num_unread++;
			continue;
		}
		fail(b, status);
		if (status != KF_OK)
			return;
		number = kf_bill_add_key(b, &key);
		kf_bill_add_use(b, KF_BILL_TRUSTS, "dtb", KF_BILL_NONE,
				number);
	}
}

/* fit_scheme takes "sha256,rsa2048" apart. */
static void fit_scheme(struct kf_bill *b, struct kf_bill_algorithm *out,
		       struct kf_bytes algo, struct kf_bytes padding)
{
	static const struct { const char *word, *name, *key; } keys[] = {
		{ "rsa2048", "rsa", "RSA-2048" },
		{ "rsa3072", "rsa", "RSA-3072" },
		{ "rsa4096", "rsa", "RSA-4096" },
		{ "ecdsa256", "ecdsa", "EC-P-256" },
		{ "ecdsa384", "ecdsa", "EC-P-384" },
		{ "secp521r1", "ecdsa", "EC-P-521" },
	};
	struct kf_bytes key;
	size_t comma = 0;

	*out = (struct kf_bill_algorithm){ .name = kf_bill_keep(b, algo) };
	while (comma < algo.len && algo.data[comma] != ',')
		comma++;
	key = kf_part_of(algo, comma + 1, algo.len > comma + 1
			 ? algo.len - comma - 1 : 0);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!kf_equal(key, kf_text(keys[i].word)))
			continue;
		kf_bill_scheme(out, kf_bill_keep(b, kf_view(algo.data,
							    comma)),
			       kf_equal(padding, kf_text("pss"))
			       ? "rsassaPss" : keys[i].name, keys[i].key);
		return;
	}
}

/* text_of is a property as text; empty: there is none. */
static struct kf_bytes text_of(struct kf_bill *b, struct kf_fdt *fdt,
			       uint32_t node, const char *name)
{
	const struct kf_fdt_prop *prop = kf_fdt_find(fdt, node, name);
	struct kf_bytes text = { 0 };

	if (prop && !kf_fdt_text(&text, fdt, prop, b->env))
		return kf_view(NULL, 0);
	return text;
}

static void fit_signature(struct kf_bill *b, struct kf_fdt *fdt, uint32_t node,
			  const char *over)
{
	const struct kf_fdt_prop *prop = kf_fdt_find(fdt, node, "value");
	struct kf_bytes hint = text_of(b, fdt, node, "key-name-hint");
	struct kf_bytes value = { 0 };
	struct kf_bill_signature *s;

	/* Without a value it has not been signed yet. */
	if (!prop || !kf_fdt_value(&value, fdt, prop, VALUE_MAX, b->env))
		return;
	s = kf_bill_add_signature(b, "U-Boot FIT", value);
	if (!s)
		return;
	s->over = over;
	s->key = hint.len ? kf_bill_add_called(b, "key-name", hint)
		: kf_bill_add_called(b, "nothing", kf_view(NULL, 0));
	fit_scheme(b, &s->algorithm, text_of(b, fdt, node, "algo"),
		   text_of(b, fdt, node, "padding"));
}

/* signatures takes those below the subnodes of one of the root's. */
static void signatures(struct kf_bill *b, struct kf_fdt *fdt, const char *of)
{
	uint32_t parent = kf_fdt_child(fdt, 0, kf_text(of));
	struct kf_bytes word = kf_text("signature");

	if (parent == KF_FDT_NONE)
		return;
	for (uint32_t i = fdt->node[parent].child; i != KF_FDT_NONE &&
	     b->status == KF_OK; i = fdt->node[i].next)
		for (uint32_t k = fdt->node[i].child; k != KF_FDT_NONE &&
		     b->status == KF_OK; k = fdt->node[k].next)
			if (kf_equal(kf_part_of(fdt->node[k].name, 0,
						word.len), word))
				fit_signature(b, fdt, k, kf_bill_keep(b,
					fdt->node[i].name));
}

void kf_bill_fit(struct kf_bill *b, const struct kf_source *source)
{
	struct kf_fdt fdt;

	fail(b, kf_fdt_read(&fdt, source, 0, b->env));
	if (b->status != KF_OK)
		return;
	kf_bill_of_file(b)->damaged |= fdt.damage.field || fdt.trouble;
	signatures(b, &fdt, "configurations");
	signatures(b, &fdt, "images");
	fail(b, fdt.status);
}
