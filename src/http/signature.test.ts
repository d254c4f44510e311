import { describe, expect, it } from 'vitest';
import { signatureHeaders } from './signature.ts';

describe('signatureHeaders', () => {
  it('signs the example of Standard Webhooks as its libraries do', () => {
    const body = '{"event_type":"ping","data":{"success":true}}';
    const secret = 'whsec_plJ3nmyCDGBKInavdOK15jsl';
    expect(signatureHeaders(secret, 'msg_loFOjxBNrRLzqYUf', 1_731_705_121_999, body)).toEqual({
      'webhook-id': 'msg_loFOjxBNrRLzqYUf',
      'webhook-timestamp': '1731705121',
      'webhook-signature': 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
    });
  });
});
