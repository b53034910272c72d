/* A PKCS#11 module with one token and one P-256 key, which fails when it is
 * told to, in the environment:
 *
 *   FAULTY_KEY   a PEM file: the key
 *   FAULTY_AT    at which call, from 1; 0: at none
 *   FAULTY_HOW   how: see enum how below, by these names
 *   FAULTY_TOLD  a file, into which the name of each call is written
 *   FAULTY_ASKS  1: the key asks for its PIN at each signature
 *
 * Calls are counted through all loads of the module in one process.
 */
#include <p11-kit/pkcs11.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum how {
	FINE,
	REMOVED,	/* the token is gone, and stays so */
	LOST,		/* it is gone, and back at once, nobody logged in */
	HANGS,
	CRASHES,
	ENDS,		/* the process does */
	WRONG,		/* bytes */
	LONG,		/* more than there is */
	EMPTY,		/* lengths of 0 */
	FAILS,		/* with CKR_GENERAL_ERROR */
	STRANGE,	/* with a code that is none */
	SHUT,		/* CKR_USER_NOT_LOGGED_IN from there on */
	BARE,		/* it has no mechanism from there on */
	LOUD,		/* writes to standard output and error */
	ENDLESS,	/* finds objects without end */
	NUM_HOWS,
};

static const char *const hows[NUM_HOWS] = {
	"fine", "removed", "lost", "hangs", "crashes", "ends", "wrong", "long",
	"empty", "fails", "strange", "shut", "bare", "loud", "endless",
};

enum {
	SLOT = 7,
	PRIVATE = 21,
	PUBLIC = 22,
	POINT_LEN = 65,
};

static EVP_PKEY *key;
static uint8_t point[2 + POINT_LEN];
static unsigned long calls, at;
static enum how how;
static bool asks, logged_in, asked, gone, shut, bare, endless;
static CK_SESSION_HANDLE open_one, next_one = 100;
static CK_OBJECT_CLASS wanted;
static CK_ULONG matches;
static bool signing;
static int told = -1;
static int own = -1;	/* something that was opened when it was loaded */

static void set_up(void)
{
	const char *path = getenv("FAULTY_KEY"), *name = getenv("FAULTY_HOW");
	const char *number = getenv("FAULTY_AT"), *to = getenv("FAULTY_TOLD");
	FILE *file = path ? fopen(path, "r") : NULL;
	size_t len = 0;

	asks = getenv("FAULTY_ASKS");
	at = number ? strtoul(number, NULL, 10) : 0;
	for (int i = 0; name && i < NUM_HOWS; i++)
		if (strcmp(name, hows[i]) == 0)
			how = (enum how)i;
	if (to && told < 0)
		told = open(to, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (!file)
		abort();
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	point[0] = 0x04;
	point[1] = POINT_LEN;
	if (!key || !EVP_PKEY_get_octet_string_param(key, "pub", point + 2,
						     POINT_LEN, &len))
		abort();
}

/* now notes a call, and does what is to be done before it. Returns what the
 * call returns, if it is to return at once. */
static CK_RV now(const char *name)
{
	calls++;
	if (told >= 0 && dprintf(told, "%s\n", name) < 0)
		abort();
	if (gone)
		return CKR_DEVICE_REMOVED;
	if (calls != at)
		return CKR_OK;
	switch (how) {
	case REMOVED:
		gone = true;
		return CKR_DEVICE_REMOVED;
	case LOST:
		open_one = 0;
		logged_in = signing = false;
		return CKR_DEVICE_REMOVED;
	case HANGS:
		for (;;)
			pause();
	case CRASHES:
		abort();
	case ENDS:
		_exit(0);
	case FAILS:
		return CKR_GENERAL_ERROR;
	case STRANGE:
		return 0x12345678;
	case SHUT:
		shut = true;
		break;
	case BARE:
		bare = true;
		break;
	case ENDLESS:
		endless = true;
		break;
	case LOUD:
		(void)!write(1, "loud\n", 5);
		(void)!write(2, "loud\n", 5);
		break;
	default:
		break;
	}
	return CKR_OK;
}

#define NOW() \
	do { \
		CK_RV now_rv = now(__func__); \
		if (now_rv != CKR_OK) \
			return now_rv; \
	} while (0)

/* spoil spoils what a call gives out, if this is the call. */
static void spoil(void *bytes, size_t len)
{
	uint8_t *b = bytes;

	for (size_t i = 0; calls == at && how == WRONG && i < len; i++)
		b[i] = (uint8_t)(b[i] ^ (0x5a + 31 * i));
}

static void spoil_len(CK_ULONG *len)
{
	if (calls == at && how == LONG)
		*len = 1UL << 40;
	if (calls == at && how == EMPTY)
		*len = 0;
}

static void pad(void *field, size_t len, const char *text)
{
	memset(field, ' ', len);
	memcpy(field, text, strlen(text));
}

CK_RV C_Initialize(void *args)
{
	(void)args;
	if (!key)
		set_up();
	own = open("/dev/zero", O_RDONLY);
	NOW();
	return CKR_OK;
}

CK_RV C_Finalize(void *args)
{
	(void)args;
	close(own);
	open_one = 0;
	logged_in = false;
	NOW();
	return CKR_OK;
}

CK_RV C_GetInfo(CK_INFO *info)
{
	memset(info, 0, sizeof(*info));
	info->cryptokiVersion.major = 2;
	info->cryptokiVersion.minor = 40;
	pad(info->manufacturerID, 32, "tests");
	pad(info->libraryDescription, 32, "fails when told to");
	NOW();
	spoil(info, sizeof(*info));
	return CKR_OK;
}

CK_RV C_GetSlotList(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *num)
{
	(void)present;
	NOW();
	if (list && *num < 1)
		return CKR_BUFFER_TOO_SMALL;
	*num = 1;
	if (list) {
		list[0] = SLOT;
		spoil(list, sizeof(*list));
	}
	spoil_len(num);
	return CKR_OK;
}

CK_RV C_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	memset(info, 0, sizeof(*info));
	info->flags = CKF_TOKEN_PRESENT;
	NOW();
	return slot == SLOT ? CKR_OK : CKR_SLOT_ID_INVALID;
}

CK_RV C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	NOW();
	if (slot != SLOT)
		return CKR_SLOT_ID_INVALID;
	memset(info, 0, sizeof(*info));
	pad(info->label, 32, "faulty");
	pad(info->manufacturerID, 32, "tests");
	pad(info->model, 16, "one");
	pad(info->serialNumber, 16, "1");
	info->flags = CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED |
		      CKF_USER_PIN_INITIALIZED;
	spoil(info, sizeof(*info));
	return CKR_OK;
}

CK_RV C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type,
				CK_MECHANISM_INFO *info)
{
	NOW();
	if (slot != SLOT || type != CKM_ECDSA || bare)
		return CKR_MECHANISM_INVALID;
	info->ulMinKeySize = info->ulMaxKeySize = 256;
	info->flags = CKF_SIGN;
	spoil(info, sizeof(*info));
	return CKR_OK;
}

CK_RV C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void *self,
			   CK_NOTIFY notify, CK_SESSION_HANDLE *out)
{
	(void)flags;
	(void)self;
	(void)notify;
	NOW();
	if (slot != SLOT)
		return CKR_SLOT_ID_INVALID;
	*out = open_one = next_one++;
	spoil(out, sizeof(*out));
	return CKR_OK;
}

CK_RV C_CloseSession(CK_SESSION_HANDLE one)
{
	NOW();
	if (one != open_one)
		return CKR_SESSION_HANDLE_INVALID;
	open_one = 0;
	logged_in = signing = false;
	return CKR_OK;
}

CK_RV C_Login(CK_SESSION_HANDLE one, CK_USER_TYPE user,
		     CK_UTF8CHAR *pin, CK_ULONG len)
{
	NOW();
	if (one != open_one)
		return CKR_SESSION_HANDLE_INVALID;
	if (len != 4 || memcmp(pin, "1234", 4) != 0)
		return CKR_PIN_INCORRECT;
	if (user == CKU_CONTEXT_SPECIFIC && !signing)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (user == CKU_CONTEXT_SPECIFIC)
		asked = true;
	else if (logged_in)
		return CKR_USER_ALREADY_LOGGED_IN;
	logged_in = true;
	return CKR_OK;
}

/* give fills one attribute. */
static CK_RV give(CK_ATTRIBUTE *a, const void *bytes, CK_ULONG len)
{
	if (a->pValue && a->ulValueLen < len)
		return CKR_BUFFER_TOO_SMALL;
	if (a->pValue) {
		memcpy(a->pValue, bytes, len);
		spoil(a->pValue, len);
	}
	a->ulValueLen = len;
	spoil_len(&a->ulValueLen);
	return CKR_OK;
}

static CK_RV give_one(CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a)
{
	static const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	static const CK_KEY_TYPE type = CKK_EC;
	static const uint8_t params[] = { 0x06, 0x08, 0x2a, 0x86, 0x48,
					  0xce, 0x3d, 0x03, 0x01, 0x07 };

	switch (a->type) {
	case CKA_LABEL:
		return give(a, "key", 3);
	case CKA_ID:
		return give(a, "\x01", 1);
	case CKA_KEY_TYPE:
		return give(a, &type, sizeof(type));
	case CKA_EC_PARAMS:
		return give(a, params, sizeof(params));
	case CKA_EC_POINT:
		if (object == PUBLIC)
			return give(a, point, sizeof(point));
		break;
	case CKA_SIGN:
	case CKA_SENSITIVE:
	case CKA_ALWAYS_SENSITIVE:
	case CKA_NEVER_EXTRACTABLE:
	case CKA_LOCAL:
		return give(a, &yes, 1);
	case CKA_EXTRACTABLE:
		return give(a, &no, 1);
	case CKA_ALWAYS_AUTHENTICATE:
		return give(a, asks ? &yes : &no, 1);
	default:
		break;
	}
	a->ulValueLen = CK_UNAVAILABLE_INFORMATION;
	return CKR_ATTRIBUTE_TYPE_INVALID;
}

CK_RV C_GetAttributeValue(CK_SESSION_HANDLE one,
				 CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a,
				 CK_ULONG num)
{
	CK_RV rv = CKR_OK;

	NOW();
	if (one != open_one)
		return CKR_SESSION_HANDLE_INVALID;
	if (object != PRIVATE && object != PUBLIC)
		return CKR_OBJECT_HANDLE_INVALID;
	for (CK_ULONG i = 0; i < num && rv == CKR_OK; i++)
		rv = give_one(object, &a[i]);
	return rv;
}

CK_RV C_FindObjectsInit(CK_SESSION_HANDLE one, CK_ATTRIBUTE *a,
			       CK_ULONG num)
{
	NOW();
	if (one != open_one)
		return CKR_SESSION_HANDLE_INVALID;
	wanted = CKO_DATA;
	for (CK_ULONG i = 0; i < num; i++)
		if (a[i].type == CKA_CLASS)
			memcpy(&wanted, a[i].pValue, sizeof(wanted));
	matches = wanted == CKO_PUBLIC_KEY ||
		  (wanted == CKO_PRIVATE_KEY && logged_in);
	return CKR_OK;
}

CK_RV C_FindObjects(CK_SESSION_HANDLE one, CK_OBJECT_HANDLE *out,
			   CK_ULONG room, CK_ULONG *num)
{
	NOW();
	if (one != open_one)
		return CKR_SESSION_HANDLE_INVALID;
	*num = endless ? room : matches;
	matches = 0;
	for (CK_ULONG i = 0; i < *num; i++)
		out[i] = wanted == CKO_PRIVATE_KEY ? PRIVATE : PUBLIC;
	spoil(out, *num * sizeof(*out));
	spoil_len(num);
	return CKR_OK;
}

CK_RV C_FindObjectsFinal(CK_SESSION_HANDLE one)
{
	NOW();
	return one == open_one ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
}

CK_RV C_SignInit(CK_SESSION_HANDLE one, CK_MECHANISM *mechanism,
			CK_OBJECT_HANDLE object)
{
	NOW();
	if (one != open_one)
		return CKR_SESSION_HANDLE_INVALID;
	if (!logged_in || shut)
		return CKR_USER_NOT_LOGGED_IN;
	if (object != PRIVATE)
		return CKR_KEY_HANDLE_INVALID;
	if (mechanism->mechanism != CKM_ECDSA || bare)
		return CKR_MECHANISM_INVALID;
	if (signing)
		return CKR_OPERATION_ACTIVE;
	signing = true;
	asked = false;
	return CKR_OK;
}

/* sign makes r and s of a digest. */
static bool sign(const CK_BYTE *digest, size_t len, uint8_t out[64])
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	unsigned char der[80];
	const unsigned char *p = der;
	size_t der_len = sizeof(der);
	ECDSA_SIG *sig = NULL;
	bool ok = c && EVP_PKEY_sign_init(c) > 0 &&
		  EVP_PKEY_sign(c, der, &der_len, digest, len) > 0;

	if (ok)
		sig = d2i_ECDSA_SIG(NULL, &p, (long)der_len);
	ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) > 0 &&
	     BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32) > 0;
	ECDSA_SIG_free(sig);
	EVP_PKEY_CTX_free(c);
	return ok;
}

CK_RV C_Sign(CK_SESSION_HANDLE one, CK_BYTE *data, CK_ULONG len,
		    CK_BYTE *out, CK_ULONG *out_len)
{
	uint8_t byte;

	NOW();
	if (one != open_one)
		return CKR_SESSION_HANDLE_INVALID;
	if (!signing)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (shut || (asks && !asked))
		return CKR_USER_NOT_LOGGED_IN;
	signing = false;
	/* What was opened at the start has to be open still. */
	if (*out_len < 64 || read(own, &byte, 1) != 1 || !sign(data, len, out))
		return CKR_FUNCTION_FAILED;
	*out_len = 64;
	spoil(out, 64);
	spoil_len(out_len);
	return CKR_OK;
}

__attribute__((visibility("default")))
CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out)
{
	static CK_FUNCTION_LIST list = {
		.version = { 2, 40 },
		.C_Initialize = C_Initialize,
		.C_Finalize = C_Finalize,
		.C_GetInfo = C_GetInfo,
		.C_GetFunctionList = C_GetFunctionList,
		.C_GetSlotList = C_GetSlotList,
		.C_GetSlotInfo = C_GetSlotInfo,
		.C_GetTokenInfo = C_GetTokenInfo,
		.C_GetMechanismInfo = C_GetMechanismInfo,
		.C_OpenSession = C_OpenSession,
		.C_CloseSession = C_CloseSession,
		.C_Login = C_Login,
		.C_GetAttributeValue = C_GetAttributeValue,
		.C_FindObjectsInit = C_FindObjectsInit,
		.C_FindObjects = C_FindObjects,
		.C_FindObjectsFinal = C_FindObjectsFinal,
		.C_SignInit = C_SignInit,
		.C_Sign = C_Sign,
	};

	*out = &list;
	return CKR_OK;
}
