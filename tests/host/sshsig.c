/* Keys and signatures that OpenSSH made, whole and bent: by the ssh-keygen of
 * OpenSSH 9.2p1, Debian 12, `-t ed25519`, `-t ecdsa -b 256`, 384 (signed with
 * `-O hashalg=sha256`) and 521, over a message, in keyfit's namespace.
 */
#include "tests/model.h"

#include "host/sshsig.h"

#include <stdio.h>
#include <string.h>

static const char message[] = "hello, approval\n";
static const char key_ed25519[] =
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC2NhRIh/K3PnBsY3FiXk/+k+lenE2"
	"49MX+70bh2tlUZ test";
static const char sig_ed25519[] =
	"-----BEGIN SSH SIGNATURE-----\n"
	"U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgLY2FEiH8rc+cGxjcWJeT/6"
	"T6V6\n"
	"cTbj0xf7vRuHa2VRkAAAAPa2V5Zml0LWFwcHJvdmFsAAAAAAAAAAZzaGE1MTIAAABT"
	"AAAA\n"
	"C3NzaC1lZDI1NTE5AAAAQIIR6lVlcVA9N3FfjaTGA/JMamZSZzbFyQybIwI+Z9S35x"
	"ur0f\n"
	"BJKA4gzPX3kCditU3IhYnomb04XiYaK/1TXg4=\n"
	"-----END SSH SIGNATURE-----\n";
static const char key_p256[] =
	"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNT"
	"YAAABBBB4HVKNV0M4daBWOLEMPmYJ7Xb4N1/smYGmIT7d3IuuZy5h1+ZM/1UF8r9Q3"
	"ZrGa0LLmxboaRGYRSeTujlgNot8= test";
static const char sig_p256[] =
	"-----BEGIN SSH SIGNATURE-----\n"
	"U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0cDI1Ng"
	"AAAE\n"
	"EEHgdUo1XQzh1oFY4sQw+Zgntdvg3X+yZgaYhPt3ci65nLmHX5kz/VQXyv1DdmsZrQ"
	"subF\n"
	"uhpEZhFJ5O6OWA2i3wAAAA9rZXlmaXQtYXBwcm92YWwAAAAAAAAABnNoYTUxMgAAAG"
	"QAAA\n"
	"ATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAEkAAAAgPV5/jzFLjo6K8+zYZKS/GMEJCTRt"
	"HFQ6\n"
	"4W3pDfWLfCIAAAAhALSucFTnxAFaS76FU3LKKQ6nTTZzOo7kqU0y0lP8Fnq1\n"
	"-----END SSH SIGNATURE-----\n";
static const char key_p384[] =
	"ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzOD"
	"QAAABhBPUZ58T6poXKoQ50caXF2SHJNojeB+rQxlwLZ1s0+bb/IpwQNpCyIDx/+8+R"
	"R4Ihtpd54gI5/gKKDYxv3IN2gr6BMtpJ5nrcygiY+KgPV7OmCEZu32QMP5UjrT4nEf"
	"fXig== test";
static const char sig_p384[] =
	"-----BEGIN SSH SIGNATURE-----\n"
	"U1NIU0lHAAAAAQAAAIgAAAATZWNkc2Etc2hhMi1uaXN0cDM4NAAAAAhuaXN0cDM4NA"
	"AAAG\n"
	"EE9RnnxPqmhcqhDnRxpcXZIck2iN4H6tDGXAtnWzT5tv8inBA2kLIgPH/7z5FHgiG2"
	"l3ni\n"
	"Ajn+AooNjG/cg3aCvoEy2knmetzKCJj4qA9Xs6YIRm7fZAw/lSOtPicR99eKAAAAD2"
	"tleW\n"
	"ZpdC1hcHByb3ZhbAAAAAAAAAAGc2hhMjU2AAAAgwAAABNlY2RzYS1zaGEyLW5pc3Rw"
	"Mzg0\n"
	"AAAAaAAAADBqyoOE6TXiPcq82YWfbcqgCJk+RTA+SMJkASELKKfGa+U9teJC2VqufS"
	"nWFo\n"
	"Cm12MAAAAwRK9dcUWee/+qtcCBp5kXEjYdAnPmOw08Gvq8Uuovt0DQxaCX9xN/T17L"
	"B8lt\n"
	"9gpD\n"
	"-----END SSH SIGNATURE-----\n";
static const char key_p521[] =
	"ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1Mj"
	"EAAACFBAEl2o72qVORRFqM1gVmIgHp+kkcX8AqMprJ0rkk5ISlxKvktqP06yucEqJX"
	"bo7tCPevLpbdF7kMuXtyOePj7DyiOAHj6FT8AxpmeK0sm16COF9U9UYn1X3lzk1EpV"
	"flrTkgJzkrnE2qSRlQoxIg8I7ffwOlU614wXqZ9K1zpLgL0AusGw== test";
static const char sig_p521[] =
	"-----BEGIN SSH SIGNATURE-----\n"
	"U1NIU0lHAAAAAQAAAKwAAAATZWNkc2Etc2hhMi1uaXN0cDUyMQAAAAhuaXN0cDUyMQ"
	"AAAI\n"
	"UEASXajvapU5FEWozWBWYiAen6SRxfwCoymsnSuSTkhKXEq+S2o/TrK5wSolduju0I"
	"968u\n"
	"lt0XuQy5e3I54+PsPKI4AePoVPwDGmZ4rSybXoI4X1T1RifVfeXOTUSlV+WtOSAnOS"
	"ucTa\n"
	"pJGVCjEiDwjt9/A6VTrXjBepn0rXOkuAvQC6wbAAAAD2tleWZpdC1hcHByb3ZhbAAA"
	"AAAA\n"
	"AAAGc2hhNTEyAAAApgAAABNlY2RzYS1zaGEyLW5pc3RwNTIxAAAAiwAAAEIAro0vbs"
	"hh+U\n"
	"b5PHZa6i4mgldVn1S/HpTlZO5zq+5Mus9goklZGfXpMkLCfGvNRekijPO62uVLVYfb"
	"NZP2\n"
	"yqETAjYAAABBVHp+Uu7YZhkdx/sE5v1PbokX4xcYKQOpaCPCKEW6Tn+/SEYzyqCSt6"
	"j5En\n"
	"pNKfEQPBolxgb/51btRVfsYbVimdo=\n"
	"-----END SSH SIGNATURE-----\n";
static const char sig_other[] =
	"-----BEGIN SSH SIGNATURE-----\n"
	"U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgLY2FEiH8rc+cGxjcWJeT/6"
	"T6V6\n"
	"cTbj0xf7vRuHa2VRkAAAAFb3RoZXIAAAAAAAAABnNoYTUxMgAAAFMAAAALc3NoLWVk"
	"MjU1\n"
	"MTkAAABAUwXizznmbwUYfS+Y35NJrSdwpNnBk8iqWlrmdjXjj5jhZdmmvPsTXxN3Og"
	"Xl1Z\n"
	"yGZ9RywJwyijd+6Wf1+/fNBQ==\n"
	"-----END SSH SIGNATURE-----\n";
static const char key_rsa[] =
	"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDPuHrw+Ec/IwLaodyPpBLDH48fyX"
	"eolllJjfIukbydeDfHZnpG5EN+v9cBUB/2GSeXvF13fcPi34cZOgUfbQYAe4GeKwCw"
	"qPKH185hWwx+kR/6DsFjE+PUqlUEM4ruFbvWpTuNN/AFjlZuKejj175tA32+8xO4UA"
	"lATQAoUKQV9qH8nPXgbpFoUIi9xlt3Xawpf7YgDVecYaLWQeGh10oROBlIyI8XtiAm"
	"d9rcuByYc/5A02hL/mLHIvsNfJkQ/b0KFiXprXhTMe1dKf0dlOXo9BvK031kGN6APp"
	"qYk600ryDgaNSEEhBX0G6xPEYDvl3Ur1PrMEZkXPNFheLkWyyb test";

static const struct made {
	const char *key, *sig;
	enum kf_key_type kind;
	unsigned bits;
} made[] = {
	{ key_ed25519, sig_ed25519, KF_KEY_ED25519, 256 },
	{ key_p256, sig_p256, KF_KEY_EC, 256 },
	{ key_p384, sig_p384, KF_KEY_EC, 384 },
	{ key_p521, sig_p521, KF_KEY_EC, 521 },
};

enum { NUM = sizeof(made) / sizeof(made[0]), BLOB_MAX = 1024 };

static const struct kf_crypto *crypto;
static struct kf_work work;
static struct kf_key keys[NUM];
static struct kf_bytes blob[NUM];

static int open_all(void **state)
{
	struct kf_fault why = { "", "" };

	crypto = kf_openssl_open(&why);
	if (!crypto ||
	    kf_work_open(&work, 4 << 20, crypto, 0, &why) != KF_OK)
		return -1;
	for (size_t i = 0; i < NUM; i++)
		if (kf_ssh_key_read(&keys[i], kf_text(made[i].key),
				    &work.env) != KF_OK ||
		    kf_ssh_unpack(&blob[i], kf_text(made[i].sig),
				  &work.env) != KF_OK)
			return -1;
	return 0;
}

static int close_all(void **state)
{
	kf_work_close(&work);
	kf_openssl_close(crypto);
	return 0;
}

/* ask gives the memory back. */
static bool ask(size_t key, struct kf_bytes signature, const char *text,
		size_t len)
{
	size_t used = work.arena.used;
	enum kf_answer3 answer = KF_NOT_ASKED;

	assert_int_equal(kf_ssh_ask(&answer, signature, &keys[key],
				    kf_view(text, len), &work.env), KF_OK);
	assert_int_not_equal(answer, KF_NOT_ASKED);
	work.arena.used = used;
	return answer == KF_YES;
}

static void each_kind_is_read_and_holds(void **state)
{
	for (size_t i = 0; i < NUM; i++) {
		assert_int_equal(keys[i].kind, made[i].kind);
		if (keys[i].kind == KF_KEY_EC)
			assert_int_equal(keys[i].bits, made[i].bits);
		for (size_t k = 0; k < NUM; k++)
			assert_int_equal(ask(k, blob[i], message,
					     strlen(message)), i == k);
	}
}

static void no_other_message_holds(void **state)
{
	char other[sizeof(message)];

	for (size_t i = 0; i < NUM; i++)
		for (size_t at = 0; at < strlen(message); at++) {
			memcpy(other, message, sizeof(other));
			other[at] ^= 1;
			assert_false(ask(i, blob[i], other, strlen(other)));
			assert_false(ask(i, blob[i], message, at));
		}
}

static void no_bent_signature_holds(void **state)
{
	unsigned num = 0;

	for (size_t i = 0; i < NUM; i++) {
		uint8_t bent[BLOB_MAX];

		assert_true(blob[i].len + 1 < sizeof(bent));
		for (size_t at = 0; at < blob[i].len; at++) {
			memcpy(bent, blob[i].data, blob[i].len);
			for (int bit = 0; bit < 8; bit++) {
				bent[at] = blob[i].data[at] ^
					   (uint8_t)(1 << bit);
				assert_false(ask(i, kf_view(bent, blob[i].len),
						 message, strlen(message)));
				num++;
			}
			assert_false(ask(i, kf_view(blob[i].data, at),
					 message, strlen(message)));
		}
		memcpy(bent, blob[i].data, blob[i].len);
		bent[blob[i].len] = 0;
		assert_false(ask(i, kf_view(bent, blob[i].len + 1), message,
				 strlen(message)));
	}
	print_message("# %u bits changed\n", num);
}

static void no_other_namespace_holds(void **state)
{
	struct kf_bytes other;

	assert_int_equal(kf_ssh_unpack(&other, kf_text(sig_other),
				       &work.env), KF_OK);
	assert_false(ask(0, other, message, strlen(message)));
}

static void what_is_no_key_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "ssh-ed25519", "ssh-ed25519 ", "ssh-ed25519 AAAA",
		"ecdsa-sha2-nistp256 AAAAC3NzaC1lZDI1NTE5AAAAIA==",
		"sk-ssh-ed25519@openssh.com AAAA", key_rsa,
	};
	struct kf_key key;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(kf_ssh_key_read(&key, kf_text(wrong[i]),
						 &work.env), KF_WRONG_USE);
	/* Cut anywhere, it is none. */
	for (size_t i = 0; i < NUM; i++) {
		size_t len = strlen(made[i].key) - strlen(" test");

		for (size_t at = 0; at < len; at++) {
			size_t used = work.arena.used;

			assert_int_not_equal(kf_ssh_key_read(
				&key, kf_view(made[i].key, at), &work.env),
				KF_OK);
			work.arena.used = used;
		}
	}
}

static void what_is_no_armour_is_refused(void **state)
{
	struct kf_bytes out;

	for (size_t at = 0; at < strlen(sig_ed25519); at++) {
		size_t used = work.arena.used;

		assert_int_equal(kf_ssh_unpack(&out, kf_view(sig_ed25519, at),
					       &work.env), KF_WRONG_USE);
		work.arena.used = used;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_read_and_holds),
		cmocka_unit_test(no_other_message_holds),
		cmocka_unit_test(no_bent_signature_holds),
		cmocka_unit_test(no_other_namespace_holds),
		cmocka_unit_test(what_is_no_key_is_refused),
		cmocka_unit_test(what_is_no_armour_is_refused),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
