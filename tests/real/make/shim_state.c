/* What shim is told by its own variables: whether it validates at all, whether
 * it heeds db, which images it wants; and Secure Boot's own state. Rules
 * 59, 60 and 69 of UEFI.
 */
#include "shim.h"

static void insecure(const char *name, struct bytes value, const char *as,
		     const char *end)
{
	struct around a = red_db();

	a.sb_state = value;
	a.sb_as = as;
	a.lab_alone = as != NULL;
	add_stage("59", name, ours(), &a, end);
}

static void no_db(const char *name, struct bytes value, const char *as,
		  const char *end)
{
	struct signature by_red = by(&red);
	struct around a = red_db();

	a.db_state = value;
	a.db_as = as;
	a.lab_alone = as != NULL;
	add_stage("63", name, signed_by(ours(), &by_red), &a, end);
}

static void mok_as(const char *name, const char *as, const char *end)
{
	struct signature by_red = by(&red);
	struct around a = { .mok = x509_list(&red.root), .mok_as = as,
			    .lab_alone = true };

	add_stage("60", name, signed_by(ours(), &by_red), &a, end);
}

static void ignored_db(void)
{
	struct signature by_red = by(&red);
	struct bytes img = signed_by(ours(), &by_red);
	struct bytes hash = hash_list(guid_sha256,
				      image_digest(ours(), "SHA256"));
	struct around a = red_db();

	a.db_state = hex("01");
	a.mok = x509_list(&red.root);
	add_stage("63", "db-ignored-mok-trusts", img, &a, "started");
	a.t.dbx = hash;
	add_stage("63", "db-ignored-dbx-is-not", img, &a, "mm");
	a = (struct around){ .t = only(hash), .db_state = hex("01") };
	add_stage("63", "db-ignored-hash-too", ours(), &a, "mm");
}

static void modes(void)
{
	struct around a = red_db();
	struct stage bare = no_sbat();

	a.t.mode = "setup";
	add_stage("59", "setup-mode-unsigned", ours(), &a, "started");
	a.t.mode = "off";
	add_stage("59", "secure-boot-off-unsigned", ours(), &a,
		  "started");
	add_stage("59", "secure-boot-off-no-sbat", build(&bare), &a,
		  "started");
	a.t.dbx = hash_list(guid_sha256, image_digest(ours(), "SHA256"));
	add_stage("59", "secure-boot-off-dbx", ours(), &a, "started");
	a = red_db();
	a.sb_state = hex("01");
	add_stage("59", "insecure-no-sbat", build(&bare), &a,
		  "started");
	a.t.dbx = hash_list(guid_sha256, image_digest(ours(), "SHA256"));
	add_stage("59", "insecure-dbx", ours(), &a, "started");
}

/* with_nx is a good image with these DLL characteristics, and its code with
 * these flags. */
static struct bytes with_nx(unsigned dll, uint32_t flags)
{
	struct stage s = stage(sbat_head);

	s.dll = dll;
	s.part[TEXT].flags = flags;
	return under_red(&s);
}

static struct bytes shim_with_nx(void)
{
	struct bytes b = raw(real_file("shim").data, real_file("shim").len);

	poke(b, number_at(b, 60) + 24 + 70, le16(NX_COMPAT));
	return b;
}

static void nx_policy(void)
{
	struct around a = red_db();

	add_stage("69", "writable-code-no-policy",
		  with_nx(0, CODE | 0x80000000), &a, "started");
	a.shim = shim_with_nx();
	add_stage("69", "no-nx-shim-has-it", with_nx(0, CODE), &a,
		  "started");
	a = red_db();
	a.mok_policy = hex("01");
	add_stage("69", "nx-wanted-and-there", with_nx(NX_COMPAT, CODE),
		  &a, "started");
	add_stage("69", "nx-wanted-not-there", with_nx(0, CODE), &a,
		  "returned-3");
	add_stage("69", "nx-wanted-writable-code",
		  with_nx(NX_COMPAT, CODE | 0x80000000), &a, "returned-3");
	a.mok_policy = hex("00");
	add_stage("69", "nx-not-wanted", with_nx(0, CODE), &a,
		  "started");
}

void state_stages(void)
{
	insecure("mok-sb-state-1", hex("01"), NULL, "started");
	insecure("mok-sb-state-0", hex("00"), NULL, "mm");
	insecure("mok-sb-state-2", hex("02"), NULL, "started");
	insecure("mok-sb-state-two-bytes", hex("0100"), NULL, "mm");
	insecure("mok-sb-state-1-at-runtime", hex("01"), "7", "mm");
	insecure("mok-sb-state-1-volatile", hex("01"), "2", "started");
	no_db("mok-db-state-1", hex("01"), NULL, "mm");
	no_db("mok-db-state-0", hex("00"), NULL, "started");
	no_db("mok-db-state-two-bytes", hex("0101"), NULL, "started");
	no_db("mok-db-state-1-at-runtime", hex("01"), "7", "started");
	mok_as("mok-at-runtime", "7", "mm");
	mok_as("mok-volatile", "2", "started");
	ignored_db();
	modes();
	nx_policy();
}
