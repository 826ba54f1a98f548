/**
 * Character classes of Hugging Face `tokenizers` 0.23.3, found by asking it for every
 * code point. Written by tools/reference/tokenizer_tables.py; not to be edited.
 *
 * A word is a range: the gap since the last one's end and, after a plus, its length where it is not 1, base 36.
 */

// deno-fmt-ignore-file

/** What `clean_text` takes out. */
export const removed =
  "0+9 2+2 1+i 2n+x d 11u+6 m 5c 1d 3cu 1ks+5 q+5 1d+5 1+a 11u8+4xs 16n 6x+3 1 3b3 xya+4 43z+8 h406 u+2o " +
  "1egw+1eke 2+1eke";

/** What `clean_text` makes a space. */
export const space =
  "9+2 2 i 3j 4bj 1vj+b t+2 5 1b 334";

/** What `strip_accents` drops after NFD. */
export const mark =
  "lc+34 7n+5 7d+19 1 1+2 1+2 1 20+b 1c+l g 2t+7 2+6 2+2 1+4 z u+r 2j+b 1m+9 y+4 1+9 1+3 1+5 17+3 3r+w 1j 1 " +
  "4+8 4 3+7 a+2 t 1m 4+4 8 k+2 t+2 1l 4+2 4+2 2+3 3 u+2 3 b+2 1l 4+5 1+2 4 k+2 t 1m 2 1+4 8 8 b+2 u 1p c 1e " +
  "1p+3 5+3 1+4 7+2 b+2 t 1m 2 6 5+2 k+2 t 1r+4 8 k+2 2u 7+3 1 2i 2+7 c+8 2q 2+6 1+2 b+6 22+2 r 1 1 1j+e 1+5 " +
  "1+2 5+b 1+10 9 2u+4 1+6 1+2 2+2 p+2 4+3 g+4 d 2+2 6 f jj+3 qa+3 t+3 t+2 u+2 1s+2 1+7 8 2+b 9 19+3 4b 3a+3 " +
  "4+2 9 6+3 63+2 2 1m 1+7 1 1 2+8 6+a 2 1c+e 1u+4 1c 1+5 1 5 14+9 c+2 w+4 2+2 1+3 1k 1+2 3 1+3 1m+8 2+2 48+3 " +
  "1+d 1+7 4 6 3+2 5i+1i 6+4 k0+d 4 3+c 2da+3 3x 2o+w fe+4 2z+2 n9w 4+a w+2 28+2 7k 3 4 p+2 4d r+i 1g+8 p+b " +
  "1a+3 1c 2+4 2 14 1v+6 2+2 2+2 c 8 1b 1f 1+3 2+2 5+2 1 16+2 8 6m 2 4 fn4 kh+g g+g r1 6a 45+5 1ae+3 1+2 5+4 " +
  "14+3 4 4l+2 10a 1i+f 1k+3 1d+4 2+2 1x+3 10+5 1+8 1q c+2 1g+9 b+3 2q+3 2 1+2 4n 3+8 l+2 1m 3 11+7 3+5 8u+6 " +
  "1 4+2 1+2 6m+4 6+2 1+2 r+2 2d+8 2 1+2 2y 1 2+6 1 2t+3 2+4 1+5 gjo+5 1n+7 uw+4 f7u+2 43s+3 h+8 2+7 u+4 44+3 " +
  "1iz+1j 4+1e 8 e m+5 1+f 2sg+7 gzl5+6o";

/** What NFD sorts by its combining class. */
export const combining =
  "lc+27 1+w 7n+5 7d+19 1 1+2 1+2 1 20+b 1c+l g 2t+7 2+6 2+2 1+4 z u+r 4g+9 y+4 1+9 1+3 1+5 17+3 3c+e 1+t 1o " +
  "g 3+4 2v g 32 g 32 g 32 g 3j 3j 7+2 2t g 3j 3g 31+3 d+4 30+2 e+4 24+2 r 1 1 1j+5 4+4 2+5 1+2 1q 34 1+2 2a " +
  "jz+3 qc v 4d a 5n 3z+3 63+2 1z k+8 2 1c+e 3a f 12+9 1i+2 1m b+2 1v 48+3 1+d 1+7 4 6 3+2 5i+1i 5+5 k0+d 4 " +
  "3+c 2da+3 3x 2o+w fe+6 2x+2 n9w 4+a w+2 28+2 7o 59 r+i 1l+3 11 2n c 6n 1+3 2+2 5+2 1 1g 6u fn4 ld+g r1 6a " +
  "45+5 1aq 1 14+3 4 4l+2 127 1k 1l+2 1x+3 1c+2 1q 24 9 2y+2 4y+2 29 g o+7 3+5 5p 3 3f+2 6z+2 3i 3a+2 37 103 " +
  "fjk+5 1n+7 g2v 43q+5 3+6 8+8 2+7 u+4 44+3 2pn+7 1+h 2+7 1+2 1+5 1ph+7 31+7";

/** What NFD takes apart. */
export const decomposed =
  "5c+6 1+9 1+6 2+5 2+6 1+9 1+6 2+5 1+h 2+k 2+9 3+4 1+6 4+6 3+6 2+i 2+n x+2 d+2 s+g 1+6 2+b 3+2 2+10 2+2 6+e " +
  "7g+2 1+2 1b 9 6+6 1 1+3 p+7 p+5 4+2 17+2 1 3 4+3 a v m+2 1 3 4+3 n+2 21+2 d+4 2+2 2+6 2+6 2+c 2+2 88+5 49 " +
  "1 g gl 7 2 z+8 2z+2 f+2 1 2b 2 y+3 2 6h 2+2 f+2 1i 1h+3 3f 3b 6+2 1+2 3i+3 3x 1+3 9w 9 4 4 4 c 9 1+2 1 8 h " +
  "9 4 4 4 c 30 25b 1 1 1 1 3 14 1 2+2 1 jg+4a 1 4+2i 6+m 2+6 2+12 2+6 2+8 1 1 1 1+v 2+1h 1+7 1 2+4 1+e 2+6 " +
  "1+j 2+3 1+8 2+2 84 3+2 32+2 i u+3 1g 4 2 n 1 q 2 2 1 m 1 a+5 2+2 2+2 6+2 2+2 2+2 y+4 1c+4 6+4 1n+2 1ip 12n " +
  "1 1 1 1 1 1 1 1 1 1 1 2 1 1 6+2 1+2 1+2 1+2 1+2 m 9 d 1 1 1 1 1 1 1 1 1 1 1 2 1 1 6+2 1+2 1+2 1+2 1+2 m " +
  "2+4 3 oap+8mc 6l8+7i 2 1 2+a 1 1 2+2 3+1w 2+2y 1v 1 a+d 1+5 1 1+2 1+2 1+9 47f 1 e 3m+2 ez+2 a6+2 1 6z+2 " +
  "112a+7 2e+6 1m4f+f2";

/** What NFKD takes apart. */
export const compatible =
  "4g 7 1 4 2+4 2+3 1+3 1+6 1+9 1+6 2+5 2+6 1+9 1+6 2+5 1+h 2+k 2+9 1+6 1+8 2+7 2+6 2+i 2+o w+2 d+2 j+p 1+6 " +
  "2+g 2+10 2+2 6+e 3g+9 v+6 2+5 2j+2 1+2 1b 5 3 5+7 1 1+3 p+7 p+5 1+7 p+3 1+2 3 6+2 1 3 4+3 a v m+2 1 3 4+3 " +
  "n+2 21+2 d+4 2+2 2+6 2+6 2+c 2+2 3x 4a+5 26+4 1z 1 g gl 7 2 z+8 2z+2 f+2 1 2b 2 y+3 2 6h 2+2 f+2 1i 1h+3 " +
  "3f 3b 6+2 1+2 3i+3 3x 1+3 2c 3j 14+2 1a 1i 9 4 4 4 c 9 1+5 7 h 9 4 4 4 c 30 5x 1zd 1 1 1 1 3 14 1 2+2 1 " +
  "dk+3 1+b 1+i 1+s d y+11 1s+4c 4+2i 6+m 2+6 2+12 2+6 2+8 1 1 1 1+v 2+1h 1+f 1+e 2+6 1+j 2+3 1+9 1+b 6 5 c+3 " +
  "8 3+2 1+2 4 1 8+3 d 7 g+2 2+r 1+d b 2f+4 1+3 1+b 1+2 2+5 2+3 1 1 1 1+4 1+3 1+7 1+6 4+5 6+1c 9 g+2 i u+3 1g " +
  "4 2 n 1 5+2 1+2 g 2 2 1 m 1 a+5 2+2 2+2 6+2 2+2 2+2 y+4 1c+4 6+4 1n+2 8l+3v 10h 2v+3 2t bj+2 6p 8f 2b c+5y " +
  "16 1h 1+3 h 1 1 1 1 1 1 1 1 1 1 1 2 1 1 6+2 1+2 1+2 1+2 1+2 m 6+2 1+2 c 1 1 1 1 1 1 1 1 1 1 1 2 1 1 6+2 " +
  "1+2 1+2 1+2 1+2 m 2+4 3+2 1d+2m 3+e 2o+v 1+14 8+1b 1+3j 1+74 mn0+2 5u 3r+2 o2+4 4g+8mc 6l8+7i 2 1 2+a 1 1 " +
  "2+2 3+1w 2+2y 12+7 c+5 5 1+o 1+5 1 1+2 1+2 1+30 x+a3 i+1s 2+1i 14+d j+a m+l 2+c 1+j 1+4 4+3 1 1+3r 4+5a " +
  "3+6 2+6 2+6 2+3 3+7 1+7 3aj 1 e 3m+2 ez+2 a6+2 1 6z+2 112a+7 2e+6 fz+2d 1+1z 1+2 2 2+2 2+4 1+c 1 1+7 1+1t " +
  "1+4 2+8 1+7 1+s 1+4 1+5 1 3+7 1+9g 2+84 2+1e 4cg+4 1+r 1+2 1 2 1+a 1+4 1 1 6 4 1 1 1+3 1+2 1 2 1 1 1 1 1+2 " +
  "1 2+4 1+7 1+4 1+4 1 1+a 1+h 5+3 1+5 1+h g4+b 5+v 1+w q+2 10 33+3 d+18 4+9 7+2 1fou+f2";

/** What StripAccents drops. */
export const accent =
  "lc+34 7n+7 7b+19 1 1+2 1+2 1 20+b 1c+l g 2t+7 2+6 2+2 1+4 z u+r 2j+b 1m+9 y+4 1+9 1+3 1+5 17+3 3c+e 1+x " +
  "1i+3 1+i 1+7 a+2 t+3 1k 1+7 2+2 2+3 9 a+2 t+3 1k 1+5 4+2 2+3 3 u+2 3 b+3 1k 1+8 1+3 1+3 k+2 t+3 1k 1+7 2+2 " +
  "2+3 8+2 a+2 u 1n+5 3+3 1+4 9 14+4 1m+7 1+3 1+4 7+2 b+2 t+3 1k 1+7 1+3 1+4 7+2 b+2 t+3 1m+7 1+3 1+4 9 a+2 " +
  "u+2 1y 4+6 1 1+8 i+2 1p 2+7 c+8 2q 2+6 1+2 b+6 22+2 r 1 1 4+2 1d+k 1+2 5+b 1+10 9 2s+k n+4 4+3 1+3 2+7 3+4 " +
  "d+c 1 a+4 jj+3 qa+3 t+3 t+2 u+2 1s+w 9 19+3 3b+2 y 3a+c 4+c 63+5 1l+a 1+t 2 1c+f 1t+5 1b+h 12+9 c+3 u+d " +
  "1k+e 1c+k 48+3 1+l 4 4+3 3+2 5i+1i 5+5 k0+x 2da+3 3x 2o+w fe+6 2x+2 n9w+4 1+a w+2 28+2 7k 3 4 n+5 2g+2 " +
  "1e+i q+i 1g+8 p+d 18+4 1b+e 10 1v+e c 8+2 19+3 1e 1+3 2+2 5+2 1 15+5 5+2 6k+8 1+2 fn4 kh+g g+g r1 6a 45+5 " +
  "1ae+3 1+2 5+4 14+3 4 4l+2 109+3 1h+f 1k+4 19+b 1x+3 10+e 1q c+3 1c+e 9+3 2n+c 6 4g+c l+4 1k 1+7 2+2 2+3 9 " +
  "a+2 2+7 3+5 5c+i 2x+k 6j+7 2+9 r+2 2a+h 2y+d 2t+f zn+8 1+8 2a+m 1+e fg9+5 1n+7 t6+1a g+4 f7u+2 43q+5 3+6 " +
  "8+8 2+7 u+4 44+3 1iz+1j 4+1e 8 e m+5 1+f 11s+7 1+h 2+7 1+2 1+5 1ph+7 31+7 gzhx+6o";

/** What `lowercase` changes. */
export const lowercased =
  "1t+q 2t+n 1+7 x 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 1 1 1 1 1 1 1 2 1 1 1 1 1 1 1 1 1 " +
  "1 1 1 1 1 1 1 1 1 1 1 1 1 1+2 1 1 3+2 1 1+2 1+3 2+4 1+2 1+3 3+2 1+2 1 1 1+2 1 2 1+2 1+3 1 1+2 3 7+2 1+2 " +
  "1+2 1 1 1 1 1 1 1 1 2 1 1 1 1 1 1 1 1 2+2 1 1+3 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 " +
  "7+2 1+2 2 1+4 1 1 1 1 81 1 3 8 6 1+3 1 1+2 1+h 1+9 z 8 1 1 1 1 1 1 1 1 1 1 1 5 2 1+2 2+1f 1c 1 1 1 1 1 1 1 " +
  "1 1 1 1 1 1 1 1 1 9 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1+2 1 1 1 1 1 1 2 1 1 1 1 1 1 1 1 " +
  "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2+12 289+12 1 5 k2+2e 1oz " +
  "6+17 2+3 8w 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 " +
  "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 9 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 " +
  "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 9+8 8+6 a+8 8+8 8+6 b 1 1 1 8+8 o+8 8+8 8+8 8+5 b+5 b+4 c+5 " +
  "b+5 89 3+2 6 19+g j mq+q 1f4+1c 1c 1+3 2 1 1 1+4 1 2 8+3 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 " +
  "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 8 1 4 nyl 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 j 1 " +
  "1 1 1 1 1 1 1 1 1 1 1 1 3r 1 1 1 1 1 1 3 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 a 1 " +
  "1+2 1 1 1 1 4 1 2 1 3 1 1 1 1 1 1 1 1 1 1+5 1+5 1 1 1 1 1 1 1 1+4 1 1+2 1 1 1 1 1 1 1 1 o h7v+q xx+14 " +
  "3s+10 4c+b 1+f 1+7 1+2 1d6+1f 4d+m 27u+w gw0+w 1s+p o5j+y";

/** What BertPreTokenizer splits at and drops. */
export const whiteSpace =
  "9+5 i 2s q 4bj 1vj+b t+2 5 1b 334";

/** What `handle_chinese_chars` sets between spaces. */
export const chinese =
  "a9s+534 1s+g74 hkw+e8 1fk0+wyo w+3ds 74+49c 85s+f4";

/** What BertPreTokenizer makes a word of its own. */
export const punctuation =
  "x+f a+7 q+6 q+4 y 5 3 a+2 3 3 ji 8 cy+6 15+2 1f 1 2 2 18+2 k+2 1+2 d 2+2 22+4 2u 17+e 6h+3 1i+f v 79+2 a " +
  "an lf 2i a+2 4o+f 1 11+4 1z 22+5 4+2 33+6 4r h0+9 47 h8+2 18+2 26+3 1z+2 4d+3 1+3 11+b 8p+2 60+2 3k+7 1+6 " +
  "4s+7 4b+4 1n+5 1q+2 1s+8 b n0+o 8+k 1+d 1+c u+2 e+2 hl+4 t+2 u5+e 27+2 v+a b7+m 1r+4 w+2 l7+4 1+2 34 3z+1b " +
  "1+j ce+3 4+a 2+c g c 2q 2i mwy+2 7h+3 2r a 37+6 ak+4 2e+2 14+3 1 1d+2 1b 2p+d g+2 3g+4 3i+2 g+2 6x g2a+2 " +
  "5s+a m+z 1+e 1 4 1+2 45+3 1+6 1+4 a+2 3+2 q+3 1 r 1 1+7 be+3 ik 1c bi kn 5j v 7k+9 12 34+7 1u+7 2h+4 x6+7 " +
  "31+2 1+4 3i+4 1c+2 27+5 3 d 1+3 2g+6 2z f0 6y+n 2x+3 6w+3 2lt+5 dtl+2 3p 1t+5 8 g2i 5wn+5";

/** Small letters of capitals that Unicode 14 does not know: capital>small, hexadecimal. */
export const newerLowercase =
  "1c89>1c8a a7cb>264 a7cc>a7cd a7ce>a7cf a7d2>a7d3 a7d4>a7d5 a7da>a7db a7dc>19b 10d50>10d70 10d51>10d71 " +
  "10d52>10d72 10d53>10d73 10d54>10d74 10d55>10d75 10d56>10d76 10d57>10d77 10d58>10d78 10d59>10d79 " +
  "10d5a>10d7a 10d5b>10d7b 10d5c>10d7c 10d5d>10d7d 10d5e>10d7e 10d5f>10d7f 10d60>10d80 10d61>10d81 " +
  "10d62>10d82 10d63>10d83 10d64>10d84 10d65>10d85 16ea0>16ebb 16ea1>16ebc 16ea2>16ebd 16ea3>16ebe " +
  "16ea4>16ebf 16ea5>16ec0 16ea6>16ec1 16ea7>16ec2 16ea8>16ec3 16ea9>16ec4 16eaa>16ec5 16eab>16ec6 " +
  "16eac>16ec7 16ead>16ec8 16eae>16ec9 16eaf>16eca 16eb0>16ecb 16eb1>16ecc 16eb2>16ecd 16eb3>16ece " +
  "16eb4>16ecf 16eb5>16ed0 16eb6>16ed1 16eb7>16ed2 16eb8>16ed3";
