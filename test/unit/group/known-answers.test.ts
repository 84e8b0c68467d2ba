/** Derivations of RFC 9420 against values of the published test vectors (mlswg/mls-implementations, cipher suite 3), and HMAC and HKDF against theirs. */
import { describe, expect, it } from 'vitest';
import {
  deriveSecret,
  deriveTreeSecret,
  expand,
  expandWithLabel,
  extract,
  mac,
} from '../../../protocols/group/kdf.ts';
import {
  encodeContext,
  epochSecrets,
  joinerSecret,
  NO_PRE_SHARED_KEY,
} from '../../../protocols/group/key-schedule.ts';
import { senderDataKey } from '../../../protocols/group/packet.ts';
import { vector } from '../../../protocols/group/presentation.ts';
import { keyFor, secretTreeOf, SKIP_MAX } from '../../../protocols/group/secret-tree.ts';
import { fromHex, suites, toHex } from '../crypto/support.ts';

describe.each(suites)('with the suite $name', ({ suite }) => {
  it('HMAC is RFC 4231’s, short key and long', () => {
    expect(
      toHex(mac(suite, Buffer.from('Jefe'), Buffer.from('what do ya want for nothing?'))),
    ).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
    const text = Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First');
    expect(toHex(mac(suite, new Uint8Array(131).fill(0xaa), text))).toBe(
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    );
  });

  it('HKDF is RFC 5869’s, test case 1', () => {
    const secret = extract(
      suite,
      fromHex('000102030405060708090a0b0c'),
      new Uint8Array(22).fill(0x0b),
    );
    expect(toHex(secret)).toBe('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
    expect(toHex(expand(suite, secret, fromHex('f0f1f2f3f4f5f6f7f8f9'), 42))).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
  });

  it('labelled derivation is that of crypto-basics.json', () => {
    expect(
      toHex(
        expandWithLabel(
          suite,
          fromHex('fca0057fbcbc257a219ca00eda7b932c19cd284666666d73da7d2e9ba0050b85'),
          'ExpandWithLabel',
          fromHex('e5da8bb590c7736fc27a1f634cb8ac2884ff242ad174fb715a3a261953522a8f'),
          32,
        ),
      ),
    ).toBe('7fbb9f71ba33733f875935644d430916eac8c20a3d358015ad536aad295d5a03');
    expect(
      toHex(
        deriveSecret(
          suite,
          fromHex('9dafd47e71e2133cb115f22d77931c70fd819db20710dd90abe8509f5da36c52'),
          'DeriveSecret',
        ),
      ),
    ).toBe('0c73ea9a78c55d60aa7e7754593f7fef44a1052a43067f82f363f01fdec37b3a');
    expect(
      toHex(
        deriveTreeSecret(
          suite,
          fromHex('168b187171d90947aedac49980939b2dd71041e40350b046e540e0191cf99e0f'),
          'DeriveTreeSecret',
          2694881440,
          32,
        ),
      ),
    ).toBe('a59537e982b032f55b8f00eb853ca1200cf7c1ff7ce2898da85ccaf0ac9c0d69');
  });

  it('the key schedule is that of key-schedule.json, two epochs', () => {
    // The first two epochs of cipher suite 3, whose pre-shared key is zero as ours is.
    const groupId = fromHex('44BD58703E07CABE3453265C4101B899');
    const epochs = [
      {
        treeHash: '1AFBE696313813CC7D2BBA64D848B05127C809A024A57B78DD115359CE6EB625',
        commit: '69F0B5568F24942DA0DFE361984DA4901EBC65C9FF0163A48F067131211177DE',
        confirmed: '06D28FB47D5CE90D101FBED3A89FD6A641533EE1EF68868A934E3B35B504F8A0',
        context:
          '000100031044BD58703E07CABE3453265C4101B8990000000000000000201AFBE696313813CC7D2BBA64D848B05127C809A024A57B78DD115359CE6EB6252006D28FB47D5CE90D101FBED3A89FD6A641533EE1EF68868A934E3B35B504F8A000',
        joiner: '0B588FE7A756F50C41882B46A460F923193F5D39E376FE625BA265AE6C810322',
        init: 'FCEC2E94D50EF36F77A6CC6AAB446B0592BBEDF9640CE23CB408B1EFDE8917C0',
        senderData: '783305DFCC0CF90B9FAF69B86343245B3FA75BAF6CA775194EB137013A310B87',
        encryption: '3C781D6783B991DDD82F92039E6561152B30868EC248BD0EB944AD129D13C07A',
        exporter: 'FA6758CB3C1C3241BD102D78CC3545FA1C6E93F4D63D035D9E4C4DC46C270FA3',
        authenticator: 'A86CDCECD90BDA9886B02080BACC7131EAA8397D29BBF1841DCFF915F0B9A337',
        confirmation: '245897E5EDF559BDD92797C1F7F1ED221728295226BE31466B8AC548E17385BB',
      },
      {
        treeHash: 'A32E36A2363AC7511EA580740C03D030F07A16B37FF6EA3EF80C528D56A7977B',
        commit: '093269598732657BA0B56C1A9E19A9873A1DAB8C1BB4FAC4DF7DF488F041A859',
        confirmed: '76ACF80419772059EFD37C8E28E5A0763D80CE3E32BCD3395CB398A977276FEF',
        context:
          '000100031044BD58703E07CABE3453265C4101B899000000000000000120A32E36A2363AC7511EA580740C03D030F07A16B37FF6EA3EF80C528D56A7977B2076ACF80419772059EFD37C8E28E5A0763D80CE3E32BCD3395CB398A977276FEF00',
        joiner: 'ACA027BCEB6B3288EBDFA038A6C6F8F4EAA0945415742D9EB2C9CEB128B65532',
        init: 'CD63F421BB40620B6142434CF223D16B415B52C8B5A13D5C705C948C49CDCE63',
        senderData: 'A4DF368E5FD8AE2C7FDFC62E2790630A240EC5185D9F48847A0DD812E7FFF135',
        encryption: 'EF33C4727D7D8750EFF0FAB9359E4E726B0F5B7BF44695C5C2482E7361F53DB3',
        exporter: 'EF9D3B1F9F1BB07FF4C4BBD3A4CE4CFEFFD01C6FC186881021B4161EF92945F1',
        authenticator: '907085544DFFDEB29281FB8895FB3801B18F5F6A5CFDFFC4AE999BA860998C38',
        confirmation: '7D10758BCFEAE1B7781AD71514D53D49ADD2B1B144E88E9E008B44AC55E0C8F1',
      },
    ];
    let initSecret = fromHex('3CFC56C8F047665EB5BF73B633CCB104EA4C904F916C2E9CAD0F7F4E70FCB4F7');
    epochs.forEach((one, epoch) => {
      const context = encodeContext({
        groupId,
        epoch,
        treeHash: fromHex(one.treeHash),
        confirmedTranscriptHash: fromHex(one.confirmed),
      });
      expect(toHex(context)).toBe(one.context.toLowerCase());
      const joiner = joinerSecret(suite, initSecret, fromHex(one.commit), context);
      expect(toHex(joiner)).toBe(one.joiner.toLowerCase());
      const secrets = epochSecrets(suite, joiner, NO_PRE_SHARED_KEY, context);
      expect(toHex(secrets.initSecret)).toBe(one.init.toLowerCase());
      expect(toHex(secrets.senderDataSecret)).toBe(one.senderData.toLowerCase());
      expect(toHex(secrets.encryptionSecret)).toBe(one.encryption.toLowerCase());
      expect(toHex(secrets.exporterSecret)).toBe(one.exporter.toLowerCase());
      expect(toHex(secrets.epochAuthenticator)).toBe(one.authenticator.toLowerCase());
      expect(toHex(secrets.confirmationKey)).toBe(one.confirmation.toLowerCase());
      ({ initSecret } = secrets);
    });
  });

  it('the secret tree is that of secret-tree.json, eight leaves, generation 15', () => {
    const leaves = [
      [
        'd31a74e54f1d4999f3e59269d3e2d9232e2db9295fae4a2a4d9e5d18017acf23',
        '0cb1e64c6b36a629350502a7',
        'b87a1cf6f1882d3d7c546f9d197ccf46e23de97a497c263962a76995e12a87e1',
        '84d931f1710a3b4fb09b8b0f',
      ],
      [
        '4a21454b64794d1305f52fc04515ad1a70df20cc67fdb16fe51b5a017b68cf23',
        '8a6f857de01d29b208a99128',
        'd756ae99fd0de1c0012e4bfa707746c91531f23a29b906924b3c93699b0151cf',
        '74c6a4f6c58fa8e6122122b8',
      ],
      [
        '0200ffcbbd816a4a36feaee0b0550285be43ba007254d68fa3f7763023002706',
        'c4a79c406c4c26cad4d20340',
        'a6e994d8379ef5e367174492dc2532988e9d6180fe4305d847c6ff2044c0000a',
        'ed2bda83af2b3ba58980f424',
      ],
      [
        'cfedf86c477bd0ea01843c739d1c3f3c8e16e0cd512b11c01442a29cac2107ca',
        '2df79a6468f83573c939371a',
        '3e02874e1899677771ca0d4e8e60b1ad0f260ef7ad5141b2a58dfb31708227b6',
        '5350edc60b426775900884ed',
      ],
      [
        '798202b20a3fb0243845d7f29b92aa3896fa0127fa50f875353b7667e7e36582',
        'a149d27b2197c6e68cc5bab2',
        'c946e6e929fc7decc96c034cba5d20ab56718a1fb78764389137e35f0e79f5e6',
        '39f63120904c5d261722a6a3',
      ],
      [
        '58225c4e4d29c70b0c2b51d3b5b870e03076edeeb88f65f9f50e3be3cf95109f',
        '5788ad362198551bb9698fc4',
        '378e74502597b2cfe04105844f7f5a3146513f06b21832b7ed1b17a8f6051c19',
        'ff3c26105572b29522ba7113',
      ],
      [
        '0ad95e6cec2931e51000ca86daccc1fd8eda445855998caafe72f721dd358eed',
        '4442937f7576e3db08a74789',
        'd8eeee681960a418579b6aec87a1de886ba9a101ce116a60e91842e186dd8269',
        'a2b8aa7e4cb945b2778cd075',
      ],
      [
        '56fa0c8d1e00432a95b9b79a3083ae6a1ecd78adfca15638fb497e808ac901fb',
        'aa58fac05908dc1b54051481',
        'e75e1831144e055660932dde00420948039e3ccf9caa222293df9d9cc324d61a',
        '990be568d3327ae75c3b1695',
      ],
    ];
    let tree = secretTreeOf(
      8,
      fromHex('c49977ec302de6ea9bc465899ba3985061be6b2c904b86d2bc832e2e15752a5c'),
    );
    leaves.forEach(([applicationKey, applicationNonce, handshakeKey, handshakeNonce], leaf) => {
      for (const [stream, key, nonce] of [
        ['application', applicationKey, applicationNonce],
        ['handshake', handshakeKey, handshakeNonce],
      ] as const) {
        const step = keyFor(suite, tree, leaf, stream, 15);
        if (typeof step === 'string') throw new Error(step);
        expect(toHex(step.key.key)).toBe(key);
        expect(toHex(step.key.nonce)).toBe(nonce);
        expect(keyFor(suite, step.tree, leaf, stream, 15)).toBe('used');
        expect(keyFor(suite, step.tree, leaf, stream, 16 + SKIP_MAX + 1)).toBe('far');
        ({ tree } = step);
      }
    });
    // Nothing is left from which a key could be worked out again.
    expect(tree.nodes.size).toBe(0);
  });

  it('the key of sender data is that of secret-tree.json', () => {
    const { key, nonce } = senderDataKey(
      suite,
      fromHex('2e0e54066e786530c4306d9febd11dbd1f9668738e70b540a51c97b64c49cc87'),
      fromHex('a4a22ab37acf97ce48005a238fdf8dda2bc2d0db5e981efc4b9400a8d1677772ac70c54c3e20e904'),
      0,
    );
    expect(toHex(key)).toBe('049ae51d5a6b27acef36f9ff8652b0a11b2852110ed238cea333d09a79d0dae4');
    expect(toHex(nonce)).toBe('59ffaca456fd9b87bd3e6494');
  });
});

describe('the length of a vector', () => {
  it('takes one, two or four bytes, as in RFC 9420 §2.1.2', () => {
    const heads = [0, 63, 64, 16383, 16384].map((length) =>
      toHex(vector(new Uint8Array(length))).slice(
        0,
        2 * (length < 64 ? 1 : length < 16384 ? 2 : 4),
      ),
    );
    expect(heads).toEqual(['00', '3f', '4040', '7fff', '80004000']);
  });
});
