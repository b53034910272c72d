/* Real second stages, as Debian signs and ships them, against shim's vendor
 * certificate and all that may stand against it. S-10, S-11.
 */
#include "shim.h"

#include <openssl/x509.h>

#define NEWEST "sbat,1,2025051000\nshim,4\ngrub,5\ngrub.proxmox,2\n"

static struct bytes grub, kernel, mm;
static struct identity vendor;

static void real(const char *rule, const char *name, struct bytes image,
		 const struct around *around, const char *end)
{
	if (image.data)
		add_stage(rule, name, image, around, end);
}

static void open_vendor(void)
{
	struct bytes shim = real_file("shim");
	size_t len, at = section_of(shim, ".vendor_cert", &len);
	struct bytes der = cut(shim, at + number_at(shim, at + 8),
			       number_at(shim, at));
	const unsigned char *from = der.data;

	vendor.der = der;
	vendor.x = need(d2i_X509(NULL, &from, (long)der.len),
			"the vendor's certificate");
}

static void as_they_are(void)
{
	struct around a = { 0 };

	real("63", "grub", grub, &a, "started");
	real("63", "fallback", real_file("fallback"), &a, "started");
	real("63", "mok-manager", mm, &a, "started");
	real("64", "kernel", kernel, &a, "mm");
	real("63", "fwupd", real_file("fwupd"), &a, "started");
	a.way = "verify";
	real("64", "kernel-by-protocol", kernel, &a, "passed");
	real("63", "grub-by-protocol", grub, &a, "passed");
	a.way = "load";
	real("64", "kernel-by-load-image", kernel, &a, "passed");
	real("63", "grub-by-load-image", grub, &a, "passed");
	a = (struct around){ .db_state = hex("01") };
	real("63", "grub-db-ignored", grub, &a, "started");
	a = (struct around){ .mok_policy = hex("01") };
	real("69", "grub-nx-wanted", grub, &a, "returned-3");
}

static void denied(void)
{
	struct around a = { 0 };
	struct bytes hash = hash_list(guid_sha256,
				      image_digest(grub, "SHA256"));

	a.t.dbx = hash;
	real("62", "grub-in-dbx", grub, &a, "mm");
	a.t.dbx = x509_list(&vendor);
	real("62", "vendor-in-dbx", grub, &a, "mm");
	a.t.dbx = tbs_list(guid_x509_sha256, &vendor, "SHA256", NULL);
	real("62", "vendor-x509-sha256-in-dbx", grub, &a, "started");
	a = (struct around){ .mokx = hash };
	real("62", "grub-in-mokx", grub, &a, "mm");
	a.mokx = x509_list(&vendor);
	real("62", "vendor-in-mokx", grub, &a, "mm");
	a.t.db = hash;
	real("62", "vendor-in-mokx-grub-in-db", grub, &a, "started");
}

static void levels(void)
{
	static const struct { const char *name, *level, *end; } all[] = {
		{ "grub-level-newest", NEWEST, "started" },
		{ "grub-level-grub-6", "sbat,1,2099010100\ngrub,6\n",
		  "mm" },
		{ "grub-level-debian-5", "sbat,1,2099010100\ngrub.debian,5\n",
		  "started" },
		{ "grub-level-debian-6", "sbat,1,2099010100\ngrub.debian,6\n",
		  "mm" },
		{ "grub-level-debian12-2",
		  "sbat,1,2099010100\ngrub.debian12,2\n", "mm" },
		{ "grub-level-debian13-2",
		  "sbat,1,2099010100\ngrub.debian13,2\n", "started" },
	};
	struct around a = { 0 };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		a.level = text(all[i].level);
		real("66", all[i].name, grub, &a, all[i].end);
	}
	a = (struct around){ .policy = hex("01") };
	real("68", "grub-policy-latest", grub, &a, "started");
	real("68", "fallback-policy-latest", real_file("fallback"), &a,
	     "started");
}

static void changed(void)
{
	struct around a = { 0 };
	struct bytes b = raw(grub.data, grub.len), bare;
	size_t table = number_at(b, 60) + 24 + 112 + 32;

	real("7", "grub-one-byte-less", cut(b, 0, b.len - 1), &a,
	     "returned-2");
	real("7", "grub-8-zeros-more", JOIN2(b, zeros(8)), &a,
	     "returned-2");
	b.data[b.len / 2] ^= 1;
	real("6", "grub-one-bit-changed", b, &a, "mm");
	bare = cut(grub, 0, number_at(grub, table));
	poke(bare, table, zeros(8));
	real("61", "grub-stripped", bare, &a, "mm");
	a.t = only(hash_list(guid_sha256, image_digest(bare, "SHA256")));
	real("63", "grub-stripped-hash-in-db", bare, &a, "started");
	a = (struct around){ .mok = a.t.db };
	real("63", "grub-stripped-hash-in-mok", bare, &a, "started");
}

/* refusals: whether a refused image brings the user to MokManager. */
static void refusals(void)
{
	struct around a = { .mm = mm };

	real("60", "refused-mok-manager-runs", mm.data ? ours()
							     : mm,
	     &a, "mm-26");
	a.mm = ours();
	a.lab_alone = true;
	real("60", "refused-mok-manager-refused", ours(), &a, "mm-26");
}

void real_stages(void)
{
	grub = real_file("grub");
	kernel = real_file("kernel");
	mm = real_file("mm");
	open_vendor();
	as_they_are();
	if (grub.data) {
		denied();
		levels();
		changed();
	}
	refusals();
}
