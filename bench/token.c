/* What a token does by itself: loads its module, logs in, and has one key sign
 * a digest, so and so many times; nothing is verified.
 *
 *   token MODULE TOKEN KEY PIN TIMES
 *
 * The first key of a name is taken: P-256 by CKM_ECDSA, RSA by CKM_RSA_PKCS.
 */
#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MAX = 64, SIGNATURE_MAX = 1024 };

static CK_FUNCTION_LIST *p11;

static void sure(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "token: %s\n", what);
	exit(4);
}

static void load(const char *path)
{
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CK_RV (*get)(CK_FUNCTION_LIST **) = NULL;

	sure(module, "no module");
	*(void **)&get = dlsym(module, "C_GetFunctionList");
	sure(get && get(&p11) == CKR_OK && p11->C_Initialize(NULL) == CKR_OK,
	     "the module does not start");
}

static CK_SLOT_ID slot_of(const char *label)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG num = SLOTS_MAX;

	sure(p11->C_GetSlotList(CK_TRUE, slots, &num) == CKR_OK, "no slots");
	for (CK_ULONG i = 0; i < num; i++) {
		CK_TOKEN_INFO info;

		if (p11->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    strncmp((const char *)info.label, label,
			    strlen(label)) == 0)
			return slots[i];
	}
	sure(false, "no such token");
	return 0;
}

static CK_OBJECT_HANDLE find(CK_SESSION_HANDLE login, char *label,
			     CK_KEY_TYPE *type)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE wanted[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_LABEL, label, strlen(label) },
	};
	CK_ATTRIBUTE asked = { CKA_KEY_TYPE, type, sizeof(*type) };
	CK_OBJECT_HANDLE key = 0;
	CK_ULONG num = 0;

	sure(p11->C_FindObjectsInit(login, wanted, 2) == CKR_OK &&
	     p11->C_FindObjects(login, &key, 1, &num) == CKR_OK &&
	     num == 1 && p11->C_FindObjectsFinal(login) == CKR_OK &&
	     p11->C_GetAttributeValue(login, key, &asked, 1) == CKR_OK,
	     "no such key");
	return key;
}

int main(int argc, char **argv)
{
	CK_SESSION_HANDLE login;
	CK_MECHANISM how = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[51] = { 1 }, out[SIGNATURE_MAX];
	CK_ULONG len = 32;
	CK_OBJECT_HANDLE key;
	CK_KEY_TYPE type;

	sure(argc == 6, "usage: token MODULE TOKEN KEY PIN TIMES");
	load(argv[1]);
	sure(p11->C_OpenSession(slot_of(argv[2]), CKF_SERIAL_SESSION, NULL,
				NULL, &login) == CKR_OK &&
	     p11->C_Login(login, CKU_USER, (CK_BYTE *)argv[4],
			  strlen(argv[4])) == CKR_OK, "no login");
	key = find(login, argv[3], &type);
	if (type == CKK_RSA) {
		how.mechanism = CKM_RSA_PKCS;
		len = sizeof(digest);	/* with DigestInfo in front */
	}
	for (long i = atol(argv[5]); i > 0; i--) {
		CK_ULONG out_len = sizeof(out);

		sure(p11->C_SignInit(login, &how, key) == CKR_OK &&
		     p11->C_Sign(login, digest, len, out,
				 &out_len) == CKR_OK && out_len,
		     "no signature");
	}
	return 0;
}
