"""Reads Korean on a GPU, by PyTorch: the rows, masks, model and schedule of `deno task pretrain`, whose cached rows it takes.

    deno task pretrain -- --text … --tokenizer outputs/tokenizer --max-length 256 --output outputs/pretrain   (stop it once it steps)
    python tools/reference/pretrain_torch.py --texts outputs/pretrain/texts --times 1,2,4,4,1,4,4 --tokenizer outputs/tokenizer \\
        --whole-words --rate 0.25 --steps 10646 --batch 128 --learning-rate 1.5e-3 --decay 0.4 --output outputs/read

It writes a checkpoint (config.json, model.safetensors, log.json) as transformers has it; with the tokenizer's files beside them it is a
`--model` for every task, `deno task pretrain -- --model` goes on from it.
"""
import argparse
import json
import shutil
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

CLS, SEP, PAD, MASK, FIRST = 2, 3, 1, 4, 5


def read_rows(folder, times, width):
    """The rows of a text cache: {side: uint16 (rows, width), padded}, and how often each training row comes in an epoch."""
    rows = {"train": [], "validation": []}
    often = []
    for part in range(10**5):
        try:
            about = json.load(open(f"{folder}/{part:05d}.json"))
        except FileNotFoundError:
            break
        ids = np.fromfile(f"{folder}/{part:05d}.ids", np.uint16)
        lengths = np.array(about["lengths"])
        whole = np.full((len(lengths), width), PAD, np.uint16)
        whole[np.arange(width)[None] < lengths[:, None]] = ids
        rows[about["side"]].append(whole)
        if about["side"] == "train":
            often.append(np.full(len(lengths), times[about["source"]]))
    return {side: np.concatenate(parts) for side, parts in rows.items()}, np.concatenate(often)


class Embeddings(nn.Module):
    def __init__(self, vocab, width, positions=512):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocab, width)
        self.position_embeddings = nn.Embedding(positions, width)
        self.token_type_embeddings = nn.Embedding(2, width)
        self.LayerNorm = nn.LayerNorm(width, eps=1e-12)


class Layer(nn.Module):
    def __init__(self, width, heads, inner, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.out, self.out_norm = nn.Linear(width, width), nn.LayerNorm(width, eps=1e-12)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.down_norm = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x, mask):
        b, n, w = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, w // self.heads).permute(2, 0, 3, 1, 4)
        p = self.dropout if self.training else 0.0
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=p).transpose(1, 2).reshape(b, n, w)
        x = self.out_norm(x + F.dropout(self.out(a), p))
        return self.down_norm(x + F.dropout(self.down(F.gelu(self.up(x))), p))


class Bert(nn.Module):
    """The encoder; texts of a row, told apart by their [CLS], do not see one another."""

    def __init__(self, vocab=12000, width=256, layers=4, heads=4, inner=1024, dropout=0.0, embedding=None):
        super().__init__()
        self.embedding = embedding or Embeddings(vocab, width)
        inside = self.embedding.word_embeddings.embedding_dim
        self.project = nn.Linear(inside, width) if inside != width else nn.Identity()
        self.layers = nn.ModuleList(Layer(width, heads, inner, dropout) for _ in range(layers))
        self.dropout = dropout
        self.apply(initialise)

    def forward(self, ids):
        e = self.embedding
        x = e.word_embeddings(ids) + e.position_embeddings.weight[: ids.shape[1]] + e.token_type_embeddings.weight[0]
        x = self.project(F.dropout(e.LayerNorm(x), self.dropout if self.training else 0.0))
        text = (ids == CLS).cumsum(1).masked_fill(ids == PAD, -1)
        mask = (text[:, None, :, None] == text[:, None, None, :])
        for layer in self.layers:
            x = layer(x, mask)
        return x


class MaskedHead(nn.Module):
    """BERT's head: which token stands there, by the embeddings' own table."""

    def __init__(self, width, table):
        super().__init__()
        self.dense, self.norm = nn.Linear(width, table.embedding_dim), nn.LayerNorm(table.embedding_dim, eps=1e-12)
        self.table, self.bias = table, nn.Parameter(torch.zeros(table.num_embeddings))
        initialise(self.dense)

    def forward(self, x):
        return F.linear(self.norm(F.gelu(self.dense(x))), self.table.weight, self.bias)


class ReplacedHead(nn.Module):
    """ELECTRA's head: whether a token is another than was there."""

    def __init__(self, width):
        super().__init__()
        self.dense, self.out = nn.Linear(width, width), nn.Linear(width, 1)
        self.apply(initialise)

    def forward(self, x):
        return self.out(F.gelu(self.dense(x))).squeeze(-1)


def initialise(module):
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.normal_(module.weight, std=0.02)
        if getattr(module, "bias", None) is not None:
            nn.init.zeros_(module.bias)


def mask(ids, rate, continues=None):
    """Which tokens are asked for (a fixed number a batch, so that shapes stay), and what stands in their place: 80 % [MASK], 10 % any token."""
    b, n = ids.shape
    score = torch.rand(b, n, device=ids.device)
    if continues is not None:  # all pieces of a word have the word's score
        start = ~(continues[ids] & (ids.roll(1, 1) >= FIRST))
        word = start.flatten().cumsum(0) - 1
        score = score.flatten()[torch.nonzero_static(start.flatten(), size=b * n).squeeze(1).clamp_min(0)][word].view(b, n)
    score = score.masked_fill(ids < FIRST, 2.0).flatten()
    asked = score.topk(int(rate * 0.9 * b * n), largest=False).indices
    draw = torch.rand(len(asked), device=ids.device)
    old = ids.flatten()[asked]
    new = torch.where(draw < 0.8, MASK, torch.where(draw < 0.9, torch.randint_like(old, FIRST, 12000), old))
    return asked, old, ids.flatten().scatter(0, asked, new).view(b, n)


class Reader(nn.Module):
    """An objective over the encoder: `mlm`, `rtd` (ELECTRA's replaced tokens), or both by one encoder."""

    def __init__(self, objective, rate, whole_words=None, dropout=0.0, layers=4, teacher=None):
        super().__init__()
        self.objective, self.rate, self.continues = objective, rate, whole_words
        self.bert = Bert(dropout=dropout, layers=layers)
        self.masked = MaskedHead(256, self.bert.embedding.word_embeddings)
        if objective == "rtd":
            self.generator = Bert(width=128, layers=layers, heads=2, inner=512, embedding=self.bert.embedding)
            self.generator_head = MaskedHead(128, self.bert.embedding.word_embeddings)
            self.replaced = ReplacedHead(256)
        if objective == "teacher":
            self.to_teacher = nn.Linear(256, teacher)

    def forward(self, ids, vectors=None, of=None):
        """@returns the loss, and the loss and share told of masked tokens"""
        asked, old, seen = mask(ids, self.rate, self.continues)
        if self.objective == "rtd":
            logits = self.generator_head(self.generator(seen).flatten(0, 1)[asked]).float()
            with torch.no_grad():
                drawn = (logits - torch.log(-torch.log(torch.rand_like(logits).clamp_(1e-9, 1 - 1e-7)))).argmax(-1)
            x = self.bert(ids.flatten().scatter(0, asked, drawn).view_as(ids))
            wrong = torch.zeros(ids.numel(), device=ids.device).scatter(0, asked, (drawn != old).float()).view_as(ids)
            text = (ids >= FIRST).float()
            said = F.binary_cross_entropy_with_logits(self.replaced(x).float(), wrong, text, reduction="sum") / text.sum()
            masked = F.cross_entropy(logits, old)
            return masked + 50 * said, torch.stack([masked.detach(), said.detach()])
        x = self.bert(seen)
        logits = self.masked(x.flatten(0, 1)[asked]).float()
        loss = F.cross_entropy(logits, old)
        told = torch.stack([loss.detach(), (logits.argmax(-1) == old).float().mean()])
        if self.objective == "teacher":  # the mean of each text's tokens says what the teacher's vector says
            real = (seen != PAD).flatten()
            sums = torch.zeros(vectors.shape[0], 256, device=x.device).index_add(0, of.flatten(), x.float().flatten(0, 1) * real[:, None])
            said = F.normalize(self.to_teacher(F.normalize(sums, dim=-1) * 16).float(), dim=-1)
            have = vectors.abs().sum(-1) > 0
            loss = loss + 2.0 * ((1 - (said * vectors).sum(-1)) * have).sum() / have.sum().clamp_min(1)
        return loss, told


def checkpoint(reader):
    """The encoder's and head's parameters by transformers' names."""
    e, out = reader.bert.embedding, {}
    for name in ("word_embeddings", "position_embeddings", "token_type_embeddings"):
        out[f"bert.embeddings.{name}.weight"] = getattr(e, name).weight
    put(out, "bert.embeddings.LayerNorm", e.LayerNorm)
    for i, l in enumerate(reader.bert.layers):
        at = f"bert.encoder.layer.{i}"
        for name, w, b in zip(("query", "key", "value"), l.qkv.weight.chunk(3), l.qkv.bias.chunk(3)):
            out[f"{at}.attention.self.{name}.weight"], out[f"{at}.attention.self.{name}.bias"] = w, b
        put(out, f"{at}.attention.output.dense", l.out), put(out, f"{at}.attention.output.LayerNorm", l.out_norm)
        put(out, f"{at}.intermediate.dense", l.up), put(out, f"{at}.output.dense", l.down)
        put(out, f"{at}.output.LayerNorm", l.down_norm)
    put(out, "cls.predictions.transform.dense", reader.masked.dense)
    put(out, "cls.predictions.transform.LayerNorm", reader.masked.norm)
    out["cls.predictions.bias"] = reader.masked.bias
    return {k: v.detach().float().cpu().contiguous() for k, v in out.items()}


def put(out, name, module):
    out[f"{name}.weight"], out[f"{name}.bias"] = module.weight, module.bias


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def rate_at(step, steps, peak, warmup, decay):
    """Warmup, stable, decay: a straight fall to 0 over the last `decay` of the steps."""
    return peak * min(1, (step + 1) / warmup, (steps - step) / (decay * steps))


def train(reader, rows, often, steps, batch, peak, device, *, warmup=200, decay=0.5, seed=7, every=250, validation=None,
          log=print, piece_of=None, vectors=None, compiled=True, weight_decay=0.01):
    """Trains for `steps` of `batch` rows.
    @returns what was logged"""
    torch.manual_seed(seed)
    decayed = [p for p in reader.parameters() if p.ndim > 1]
    plain = [p for p in reader.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}],
                                  lr=torch.tensor(peak, device=device), betas=(0.9, 0.98), eps=1e-6, fused=device == "cuda")
    order = torch.from_numpy(np.repeat(np.arange(len(rows)), often)).to(device)
    step_of = torch.compile(reader, dynamic=False) if compiled else reader
    queue, at, epoch, history, begun = order, len(order), 0, [], time.time()
    reader.train()
    for step in range(steps):
        if at + batch > len(queue):
            queue, at, epoch = order[torch.randperm(len(order), device=device)], 0, epoch + 1
        taken = queue[at: at + batch]
        at += batch
        ids = rows[taken].long()
        for group in optimizer.param_groups:
            group["lr"].fill_(rate_at(step, steps, peak, warmup, decay))
        more = {}
        if piece_of is not None:
            more = pieces(ids, piece_of[taken], vectors)
        with torch.autocast(device, torch.bfloat16):
            loss, told = step_of(ids, **more)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step == 20:
            wait(device)
            begun = time.time()
        if (step + 1) % every == 0 or step + 1 == steps:
            line = {"step": step + 1, "epoch": epoch, "train": [round(float(v), 4) for v in told], "seconds": round(time.time() - begun, 1),
                    "rate": round(max(0, step - 20) * ids.numel() / (time.time() - begun))}
            if validation is not None and ((step + 1) % (4 * every) == 0 or step + 1 == steps):
                line["validation"] = measure(reader, validation, device)
            history.append(line)
            log(json.dumps(line))
    return history


def pieces(ids, first, vectors):
    """Teacher's vectors of a batch's texts, and to which of them each token belongs (0: none)."""
    n = ids.shape[0] * 64
    local = (ids == CLS).cumsum(1)
    row = torch.arange(ids.shape[0], device=ids.device)[:, None]
    inside = (local >= 1) & (local < 64) & (ids != PAD)
    of = torch.where(inside, row * 64 + local, 0)
    index = torch.zeros(n, dtype=torch.long, device=ids.device)
    starts = (ids == CLS) & inside
    target = torch.where(starts, of, 0).flatten()
    index.scatter_(0, target, ((first[:, None] + local - 1) * starts).flatten() + 1)
    index[0] = 0
    got = vectors[(index - 1).clamp_min(0)].float() * (index > 0)[:, None]
    return {"vectors": got, "of": of}


@torch.no_grad()
def measure(reader, rows, device, batch=64):
    """Loss and share told of masked tokens of held-out rows, under the same masks every time."""
    if reader.objective == "rtd":
        return None
    reader.eval()
    with torch.random.fork_rng(devices=[0] if device == "cuda" else []), torch.autocast(device, torch.bfloat16):
        torch.manual_seed(1)
        told = []
        for i in range(0, max(1, len(rows) - batch + 1), batch):
            asked, old, seen = mask(rows[i: i + batch].long(), reader.rate, reader.continues)
            logits = reader.masked(reader.bert(seen).flatten(0, 1)[asked]).float()
            told.append(torch.stack([F.cross_entropy(logits, old), (logits.argmax(-1) == old).float().mean()]))
    reader.train()
    return [round(float(v), 4) for v in torch.stack(told).mean(0)]


def word_vectors(rows, vocab=12000, width=256, window=5):
    """Embeddings to begin with: truncated SVD of positive pointwise mutual information (lib/training/word_vectors.ts)."""
    import scipy.sparse as sparse
    from sklearn.utils.extmath import randomized_svd
    ids = rows.reshape(-1).astype(np.int64)
    border = np.cumsum(ids < FIRST)  # special tokens part texts
    near = sparse.csr_matrix((vocab, vocab))
    for d in range(1, window + 1):
        a, b = ids[:-d], ids[d:]
        together = (border[:-d] == border[d:]) & (a >= FIRST) & (b >= FIRST)
        counted = sparse.coo_matrix((np.full(together.sum(), 1 / d), (a[together], b[together])), shape=(vocab, vocab)).tocsr()
        near = near + counted + counted.T
    often = np.asarray(near.sum(1)).ravel()
    context = often**0.75 / (often**0.75).sum()
    near = near.tocoo()
    pmi = np.log(near.data) - np.log(often[near.row]) - np.log(context[near.col])
    positive = sparse.csr_matrix((pmi[pmi > 0], (near.row[pmi > 0], near.col[pmi > 0])), shape=(vocab, vocab))
    left, values, _ = randomized_svd(positive, width, n_iter=4, random_state=0)
    return torch.from_numpy((left * np.sqrt(values)).astype(np.float32))


def continuing(tokenizer):
    """Which pieces go on with the word before them, by id."""
    vocab = json.load(open(f"{tokenizer}/vocab.json"))
    return torch.tensor([i >= FIRST and not piece.startswith("▁") for piece, i in sorted(vocab.items(), key=lambda item: item[1])])


config = {"model_type": "bert", "hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024,
          "max_position_embeddings": 512, "type_vocab_size": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
          "attention_probs_dropout_prob": 0.1, "layer_norm_eps": 1e-12, "initializer_range": 0.02, "vocab_size": 12000,
          "pad_token_id": PAD, "architectures": ["BertForMaskedLM"]}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--texts", required=True, help="the texts/ folder that deno task pretrain made")
    p.add_argument("--times", required=True, help="how often each of its sources comes in an epoch: 1,2,4")
    p.add_argument("--tokenizer", required=True, help="the tokenizer's folder (vocab.json), copied beside the model")
    p.add_argument("--output", required=True)
    p.add_argument("--objective", choices=["mlm", "rtd", "teacher"], default="mlm")
    p.add_argument("--teacher", help="for the objective teacher: a .npy of a unit vector for each text of the rows, in their order")
    p.add_argument("--whole-words", action="store_true")
    p.add_argument("--rate", type=float, default=0.15)
    p.add_argument("--steps", type=int, required=True)
    p.add_argument("--batch", type=int, default=64, help="rows of 256 tokens")
    p.add_argument("--learning-rate", type=float, default=1e-3)
    p.add_argument("--decay", type=float, default=0.5)
    p.add_argument("--dropout", type=float, default=0.0)
    p.add_argument("--seed", type=int, default=7)
    o = p.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    rows, often = read_rows(o.texts, [int(n) for n in o.times.split(",")], 256)
    torch.manual_seed(o.seed)
    teacher, more = None, {}
    if o.objective == "teacher":
        vectors = torch.from_numpy(np.load(o.teacher)).to(device)
        first = np.concatenate([[0], (rows["train"] == CLS).sum(1).cumsum()[:-1]])
        teacher, more = vectors.shape[1], {"piece_of": torch.from_numpy(first).to(device), "vectors": vectors}
    reader = Reader(o.objective, o.rate, continuing(o.tokenizer).to(device) if o.whole_words else None, o.dropout, teacher=teacher)
    reader.bert.embedding.word_embeddings.weight.data.copy_(word_vectors(rows["train"]))
    reader.to(device)
    on_device = {side: torch.from_numpy(r.astype(np.int16)).to(device) for side, r in rows.items()}
    history = train(reader, on_device["train"], often, o.steps, o.batch, o.learning_rate, device, decay=o.decay, seed=o.seed,
                    validation=on_device["validation"], compiled=device == "cuda", **more)
    from safetensors.torch import save_file
    shutil.copytree(o.tokenizer, o.output, dirs_exist_ok=True)
    save_file(checkpoint(reader), f"{o.output}/model.safetensors", metadata={"format": "pt"})
    json.dump(config, open(f"{o.output}/config.json", "w"), indent=2)
    json.dump({"options": vars(o), "history": history}, open(f"{o.output}/log.json", "w"), indent=1)


if __name__ == "__main__":
    main()
